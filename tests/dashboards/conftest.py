"""The small house, forecast and published, and the dashboards started against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.session import KEPT, KeptSession
from orchestration.lib.forecast_store import keep_forecasts
from orchestration.lib.forecasting import forecast_from_warehouse
from orchestration.lib.publishing import publish
from tests.conftest import CloneMadeOnce, Database
from tests.dashboards.service import FakeService, running_service
from tests.dbt_project.warehouse import LOAD_ID, BuiltHouse, as_house, built_house, dbt

APP = Path(__file__).parents[2] / "dashboards" / "streamlit_app.py"
RESULT = """
insert into raw_quality.results (run_id, load_id, suite, table_name, expectation, severity, success, observed_value,
                                 unexpected_count, sample, reason, evaluated_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())
"""
OpenPage = Callable[[str], AppTest]


@pytest.fixture(scope="session")
def published(clone_made_once: CloneMadeOnce, tmp_path_factory: pytest.TempPathFactory) -> BuiltHouse:
    """The built house with forecasts made and the marts published."""
    house = built_house(clone_made_once, tmp_path_factory.mktemp("dbt"))

    def make(database: Database) -> str:
        keep_forecasts(database.pipeline_url, forecast_from_warehouse(database.pipeline_url), LOAD_ID)
        dbt(database.pipeline_url, tmp_path_factory.mktemp("dbt-forecasts"), "run", "--select", "tag:after_forecast")
        _check(database.pipeline_url)
        publish(database.pipeline_url, LOAD_ID)
        return house.printed

    return as_house(*clone_made_once("published", make, template="stockpot_house_made"))


def _check(warehouse_url: str) -> None:
    """What the gates said of this load: one check passed, one warned."""
    found = (
        (LOAD_ID, "sales_gate", "not_null(row_id)", "warn", True),
        (LOAD_ID, "sales_gate", "no duplicate lines", "warn", False),
    )
    with psycopg.connect(warehouse_url) as connection:
        for run, suite, check, severity, success in found:
            values = [
                run,
                run,
                suite,
                "raw_pos.order_lines",
                check,
                severity,
                success,
                "3",
                3,
                '[{"line": 7}]',
                "Ask the till.",
            ]
            connection.execute(RESULT, values)


@pytest.fixture
def analyst(published: BuiltHouse, monkeypatch: pytest.MonkeyPatch) -> BuiltHouse:
    """The published house, read as the dashboards read it."""
    monkeypatch.setenv("READER_URL", published.reader_url)
    return published


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:
    """The operational service's door."""
    st.cache_data.clear()
    with running_service() as running:
        monkeypatch.setenv("STOCKPOT_API_URL", running.url)
        yield running
    st.cache_data.clear()


@pytest.fixture
def app(analyst: BuiltHouse, service: FakeService) -> AppTest:
    """The dashboards before anybody is signed in."""
    service.claim = lambda locations: issue_claim(analyst.analyst_url, locations)
    return AppTest.from_file(str(APP), default_timeout=60)


def issue_claim(analyst_url: str, locations: list[str] | None, seconds: int = 60) -> str | None:
    """A claim as the service gets it from the warehouse; None where nothing is published."""
    with psycopg.connect(analyst_url) as connection:
        try:
            row = connection.execute(
                "select row_scope.issue(uuidv7(), %s::uuid[], %s)", [locations, seconds]
            ).fetchone()
        except psycopg.errors.InvalidSchemaName:
            return None
    assert row is not None
    return str(row[0])


@pytest.fixture
def open_page(app: AppTest, service: FakeService) -> OpenPage:
    """Open a page by its file's name as somebody who may see everything, unless the token was admitted before."""

    def open_it(name: str) -> AppTest:
        if "token" not in service.people:
            service.admit("token")
        app.session_state[KEPT] = KeptSession("token", "", "csrf")
        app.run()
        if name != "overview":
            app.switch_page(f"app_pages/{name}.py").run()
        assert not app.exception, app.exception
        return app

    return open_it
