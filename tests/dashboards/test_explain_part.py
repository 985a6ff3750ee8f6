"""The switch beneath a figure: closed it asks nothing, open it lists what the figure is the sum of."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.explain import explain
from dashboards.session import KEPT, KeptSession
from tests.dashboards.conftest import issue_claim
from tests.dashboards.service import FakeService
from tests.dbt_project.house import key
from tests.dbt_project.warehouse import BuiltHouse, rows

pytestmark = [pytest.mark.pipeline]


def page() -> None:
    """A page with one figure; its key comes in the session."""
    import streamlit as st

    from dashboards import queries, session
    from dashboards.explain import explain
    from dashboards.parts import View, set_view

    person = session.current_person()
    assert person is not None
    right = session.reading_right(person)
    queries.read_as(right)
    set_view(View(queries.load(), queries.locations(right.locations), person))
    explain("fct_stock_on_hand_daily", st.session_state["row"], "on_hand")


@pytest.fixture
def row(analyst: BuiltHouse) -> tuple[dict[str, str], int]:
    """The Harbour's flour on its last day, and how many movements it has had."""
    item = str(key("item", "HAR", "FLO"))
    (day, movements), *_ = rows(
        analyst.url,
        "select max(business_day), (select count(*) from marts.fct_stock_movements where inventory_item_id = %s) "
        "from marts.fct_stock_on_hand_daily where inventory_item_id = %s",
        item,
        item,
    )
    return {"inventory_item_id": item, "business_day": str(day)}, movements


def opened(analyst: BuiltHouse, service: FakeService, row: dict[str, str], locations: list[str] | None) -> AppTest:
    service.claim = lambda where: issue_claim(analyst.analyst_url, where)
    service.admit("token", locations=locations)
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state[KEPT] = KeptSession("token", "", "csrf")
    app.session_state["row"] = row
    app.run()
    assert not app.dataframe
    app.toggle[0].set_value(True).run()
    assert not app.exception, app.exception
    return app


class TestExplain:
    def test_it_lists_the_movements_and_names_the_load(
        self, analyst: BuiltHouse, service: FakeService, row: tuple[dict[str, str], int]
    ):
        app = opened(analyst, service, row[0], None)
        on_hand = analyst.house.on_hand["HAR", "FLO"]
        assert app.markdown[0].value == (
            f"**`fct_stock_on_hand_daily.on_hand` = {on_hand.normalize():f}**, the sum of {row[1]} movements."
        )
        assert app.dataframe[0].value["amount"].astype(str).map(float).sum() == pytest.approx(float(on_hand))
        assert "Load [`test-load`]" in app.caption[0].value

    def test_somebody_of_another_location_is_told_nothing(
        self, analyst: BuiltHouse, service: FakeService, row: tuple[dict[str, str], int]
    ):
        app = opened(analyst, service, row[0], [str(key("location", "RIV"))])
        assert not app.dataframe
        assert "Nothing adds to" in app.caption[0].value

    def test_half_a_key_is_the_pages_mistake(self):
        with pytest.raises(ValueError, match="inventory_item_id, business_day"):
            explain("fct_stock_on_hand_daily", {"business_day": "2026-11-20"}, "on_hand")
