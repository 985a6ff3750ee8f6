"""A kitchen per test and an engine as the application role."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.api.ledger.support import Kitchen, assert_invariants, make_engine, make_kitchen


@pytest.fixture(scope="session")
def engine(database) -> Iterator[Engine]:
    engine = make_engine(database.app_url)
    yield engine
    engine.dispose()


@pytest.fixture
def kitchen(database) -> Iterator[Kitchen]:
    """Three products at a location that allows negative stock; the invariants hold when the test is over."""
    kitchen = make_kitchen(database.app_url, products=3)
    yield kitchen
    assert_invariants(database.app_url, kitchen.item_ids)


@pytest.fixture
def strict_kitchen(database) -> Iterator[Kitchen]:
    """Three products at a location that bars negative stock."""
    kitchen = make_kitchen(database.app_url, products=3, allows_negative=False)
    yield kitchen
    assert_invariants(database.app_url, kitchen.item_ids)
