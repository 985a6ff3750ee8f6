"""The shelf of the scan tests: ten kilograms of rice, and a manager at the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.scans.conftest import Shelf, barred, shelf

__all__ = ["barred", "shelf"]


@pytest.fixture
def rice(shelf: Shelf) -> Callable[[], dict[str, Any]]:
    """The inventory item of the rice as it is now."""

    def read() -> dict[str, Any]:
        listed = shelf.client.get("/api/inventory", params={"location_id": str(shelf.place.id)})
        (item,) = listed.json()["items"]
        return item

    return read


@pytest.fixture
def desk(manager: TestClient, shelf: Shelf) -> TestClient:
    return manager
