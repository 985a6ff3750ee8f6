"""One warehouse per worker with the small house built into it by dbt; tests only read it."""

from __future__ import annotations

import pytest

from infra.local.postgres import PostgresServer
from tests.dbt_project.warehouse import BuiltHouse, built_house


@pytest.fixture(scope="session")
def built(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, worker_number: int) -> BuiltHouse:
    """Raw rows loaded, then `dbt build`: every model, data test and unit test."""
    return built_house(postgres, f"stockpot_house_{worker_number}", tmp_path_factory.mktemp("dbt"))
