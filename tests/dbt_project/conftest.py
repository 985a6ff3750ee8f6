"""One warehouse per worker with the small house built into it by dbt; tests only read it."""

from __future__ import annotations

import pytest

from tests.conftest import CloneMadeOnce
from tests.dbt_project.warehouse import BuiltHouse, built_house


@pytest.fixture(scope="session")
def built(clone_made_once: CloneMadeOnce, tmp_path_factory: pytest.TempPathFactory) -> BuiltHouse:
    """Raw rows loaded, then `dbt build`: every model, data test and unit test."""
    return built_house(clone_made_once, tmp_path_factory.mktemp("dbt"))
