"""One warehouse per worker with the small house built into it by dbt; tests only read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import PostgresServer
from tests.conftest import TEMPLATE, Database
from tests.dbt_project.house import House, build_house, create_raw, fill_raw
from tests.dbt_project.warehouse import dbt


@dataclass(frozen=True)
class BuiltHouse:
    """The house, the database it was built in, and what dbt said."""

    house: House
    url: str
    printed: str


@pytest.fixture(scope="session")
def built(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, worker_number: int) -> BuiltHouse:
    """Raw rows loaded, then `dbt build`: every model, data test and unit test."""
    from infra.local.postgres import create_database

    database = Database(postgres, f"stockpot_house_{worker_number}")
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, database.name, TEMPLATE)
    house = build_house()
    with psycopg.connect(database.pipeline_url) as connection:
        create_raw(connection)
        fill_raw(connection, house.rows)
    target: Path = tmp_path_factory.mktemp("dbt")
    return BuiltHouse(house, database.pipeline_url, dbt(database.pipeline_url, target, "build"))
