"""A database of these tests' own, its kitchens, and the whole application with people signed in on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from tests.api.conftest import api, app, people
from tests.api.ledger.conftest import kitchen, strict_kitchen
from tests.api.ledger.support import make_engine
from tests.conftest import Database

__all__ = ["api", "app", "kitchen", "people", "strict_kitchen"]


@pytest.fixture(scope="session")
def database(clone_database: Callable[[str], Database]) -> Database:
    """These tests verify the whole audit chain: nobody else writes here."""
    return clone_database("reliability")


@pytest.fixture(scope="module")
def engine(database) -> Iterator[Engine]:
    engine = make_engine(database.app_url, 32)
    yield engine
    engine.dispose()
