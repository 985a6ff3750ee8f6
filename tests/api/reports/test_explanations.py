"""From a number to its movements over HTTP: sums, pages, load, and nothing of another location."""

from __future__ import annotations

import uuid
from decimal import Decimal

import psycopg
import pytest

from orchestration.lib.loads import LoadFacts
from orchestration.lib.publishing import publish

MART = "fct_stock_on_hand_daily"
LEGS = """
create schema if not exists marts_build;
create table marts_build.fct_stock_movements (
    movement_leg_id text, movement_id uuid, inventory_item_id uuid, product_id uuid, location_id uuid, kind text,
    quantity_delta numeric(18, 6), value_delta numeric(18, 6), price_variance numeric(18, 6), currency text,
    occurred_at timestamptz, recorded_at timestamptz, business_day date, source text, reason_code text, reference text,
    reverses_id uuid, load_id text
);
create table marts_build.fct_stock_on_hand_daily (
    inventory_item_id uuid, business_day date, location_id uuid, on_hand numeric(18, 6), value numeric(18, 6), load_id text
);
"""
QUANTITIES = ("10.5", "-0.25", "-4")
MODELS = {MART: {"version": "ab12", "path": "models/on_hand.sql", "sources": ["raw_operational.stock_movements"]}}


@pytest.fixture(scope="module")
def warehouse(clone_database):
    """A database of its own whose marts hold one item at each of two locations, three movements each."""
    database = clone_database("explain")
    items = {uuid.uuid4(): uuid.uuid4(), uuid.uuid4(): uuid.uuid4()}  # location -> item
    with psycopg.connect(database.pipeline_url) as connection:
        connection.execute(LEGS)
        for location, item in items.items():
            for number, quantity in enumerate(QUANTITIES):
                connection.execute(
                    "insert into marts_build.fct_stock_movements values (%(leg)s, uuidv7(), %(item)s, uuidv7(), %(place)s, "
                    "'waste', %(quantity)s, %(quantity)s, 0, 'USD', %(at)s, %(at)s, '2026-11-20', 'scan', null, null, null, 'l')",
                    {"leg": uuid.uuid4().hex, "item": item, "place": location, "quantity": quantity, "at": f"2026-11-20 1{number}:00Z"},
                )  # fmt: skip
            total = sum(map(Decimal, QUANTITIES))
            connection.execute(
                "insert into marts_build.fct_stock_on_hand_daily values (%s, '2026-11-20', %s, %s, %s, 'l')",
                (item, location, total, total),
            )
    publish(database.pipeline_url, "l", LoadFacts(models=MODELS))
    return database, items


@pytest.fixture
def ask(warehouse, monkeypatch):
    """Ask as somebody for the explanation of an item."""
    from api.config import get_settings

    monkeypatch.setenv("ANALYST_URL", warehouse[0].analyst_url)
    get_settings.cache_clear()

    def of(client, item, mart=MART, **more):
        key = [f"inventory_item_id:{item}", "business_day:2026-11-20"]
        return client.get(f"/api/explain/{mart}", params={"key": key, **more})

    return of


class TestExplain:
    def test_records_add_up_and_the_load_says_where_they_come_from(self, analyst, ask, warehouse):
        item = next(iter(warehouse[1].values()))
        answer = ask(analyst, item)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert {"figure": "on_hand", "shown": "6.25", "explained": "6.25", "records": 3} in body["figures"]
        assert [record["amounts"]["on_hand"] for record in body["records"]] == ["-4", "-0.25", "10.5"]
        assert {record["record"] for record in body["records"]} == {"movement"}
        assert body["load"]["load_id"] == "l"
        assert (body["load"]["model_path"], body["load"]["model_version"]) == ("models/on_hand.sql", "ab12")
        assert body["load"]["run_url"].endswith("/runs/l")
        assert body["load"]["ledger_known_until"] == "2026-11-20T12:00:00Z"

    def test_pages_give_each_record_once(self, analyst, ask, warehouse):
        item = next(iter(warehouse[1].values()))
        first = ask(analyst, item, limit=2).json()
        second = ask(analyst, item, limit=2, cursor=first["next_cursor"]).json()
        assert second["next_cursor"] is None
        assert len({record["record_id"] for record in first["records"] + second["records"]}) == 3

    def test_a_row_of_another_location_is_none(self, people, place, ask, warehouse):
        client = people.bearer(people.create("analyst", place.id))
        answer = ask(client, next(iter(warehouse[1].values())))
        assert (answer.status_code, answer.json()["code"]) == (404, "row_not_found")

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("fct_stock_on_hand_daily?key=inventory_item_id:x&key=business_day:2026-11-20", 422, "bad_filter"),
            ("fct_stock_on_hand_daily?key=business_day:2026-11-20", 422, "wrong_key"),
            ("dim_date?key=day:2026-11-20", 404, "not_explainable"),
            ("fct_sales?key=sale_line_id:x", 409, "mart_not_published"),
        ],
        ids=["bad value", "half a key", "no such explanation", "not published"],
    )
    def test_what_names_no_row_is_refused_by_name(self, analyst, ask, path: str, status: int, code: str):
        answer = analyst.get(f"/api/explain/{path}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
