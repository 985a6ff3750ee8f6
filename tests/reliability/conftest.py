"""The kitchens of the ledger's tests, and an engine with a connection for every sender."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.api.ledger.conftest import kitchen, strict_kitchen
from tests.api.ledger.support import make_engine

__all__ = ["kitchen", "strict_kitchen"]


@pytest.fixture(scope="module")
def engine(database) -> Iterator[Engine]:
    engine = make_engine(database.app_url, 32)
    yield engine
    engine.dispose()
