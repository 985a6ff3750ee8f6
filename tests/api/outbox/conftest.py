"""The worker's own connections, pointed at a database of the test's own, because events are committed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import api.schema  # noqa: F401
from api.config import get_settings
from api.core.database import forget_engine
from tests.conftest import Database


@pytest.fixture
def committed(fresh_database: Database, settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A fresh database behind `api.core.database.transaction`."""
    monkeypatch.setenv("DATABASE_URL", fresh_database.app_url)
    get_settings.cache_clear()
    forget_engine()
    yield fresh_database
    forget_engine()
    get_settings.cache_clear()
