"""The short way to the list against the ordinary one: the same bytes, the same refusals.

An unknown parameter changes no answer but sends the request the ordinary way, so each question is asked both ways.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from api.inventory.stock import lane
from tests.api.people import Place
from tests.conftest import Database

ORDINARILY = {"ordinarily": "1"}
SEED = 20261122
NAMES = [
    "Ägypten-Bohnen",
    'Öl "extra"',
    "Salz\\Pfeffer",
    "Käse\tjung",
    "Reis 100 %",
    "Mehl_fein",
    "日本酒",
    "Apfel 🍎",
    "Z",
]


@pytest.fixture
def shelves(sql, place: Place, other_place: Place) -> Iterator[Callable[[str], list[str]]]:
    """Fills two places with stock of every sort and open orders on it; gives one column of the first place's items."""
    dice = random.Random(SEED)
    with sql.transaction():
        products = [_product(sql, dice, n) for n in range(45)]
        for product in products:
            for where in (place, other_place):
                _stock(sql, dice, product, where)
        for where in (place, other_place):
            _order(sql, dice, where)
    try:
        yield lambda column: [
            str(found)
            for (found,) in sql.execute(f"select {column} from inventory_items where location_id = %s", [place.id])
        ]
    finally:  # no movements made these balances, so other tests must not find them
        _clear(sql, [place.id, other_place.id], products)


def _clear(sql: psycopg.Connection, places: list[UUID], products: list[UUID]) -> None:
    sql.execute("delete from purchase_orders where location_id = any (%s)", [places])
    sql.execute("delete from inventory_items where location_id = any (%s)", [places])
    sql.execute("delete from products where id = any (%s)", [products])


def _product(sql: psycopg.Connection, dice: random.Random, n: int) -> UUID:
    """A product whose name others may bear too."""
    (product,) = sql.execute(
        "insert into products (sku, name, stock_unit) values (gen_random_uuid()::text, %s, %s) returning id",
        [f"{dice.choice(NAMES)}{n % 7 or ''}", dice.choice(["g", "ml", "each"])],
    ).fetchone()
    return product


def _stock(sql: Any, dice: random.Random, product: Any, where: Place) -> None:
    """One or two areas, some with a policy; quantities of 0 to 6 places, times with and without a fraction."""
    (area,) = sql.execute(
        "insert into storage_areas (location_id, name) values (%s, gen_random_uuid()::text) returning id",
        [where.id],
    ).fetchone()
    for place_within in [None, area][: dice.randint(1, 2)]:
        places = dice.randint(0, 6)
        quantity = Decimal(dice.randint(-(10**6), 10**8)).scaleb(-places)
        point = dice.choice([None, Decimal(0), Decimal("1.5"), abs(quantity) * 2])
        seconds = dice.choice(["10:00:00", "10:00:00.5", "10:00:00.123456", "23:59:59.000001"])
        sql.execute(
            "insert into inventory_items (product_id, location_id, area_id, currency, on_hand, avg_cost, reorder_point,"
            " par_level, updated_at) values (%s, %s, %s, 'EUR', %s, %s, %s, %s, %s)",
            [
                *(product, where.id, place_within, quantity, Decimal(dice.randint(0, 10**7)).scaleb(-6), point, point),
                f"2026-11-20T{seconds}+02:00",
            ],
        )


def _order(sql: Any, dice: random.Random, where: Place) -> None:
    """A sent order on every third product; packs and their contents of six places each."""
    (order,) = sql.execute(
        "with s as (insert into suppliers (code, name, currency) values (gen_random_uuid()::text, 'Lane', 'EUR') returning id)"
        " insert into purchase_orders (supplier_id, location_id, status, currency)"
        " select id, %s, 'sent', 'EUR' from s returning id",
        [where.id],
    ).fetchone()
    products = sql.execute(
        "select distinct product_id from inventory_items where location_id = %s", [where.id]
    ).fetchall()
    for position, (product,) in enumerate(products[::3]):
        sql.execute(
            "insert into purchase_order_lines (purchase_order_id, position, product_id, pack_quantity, pack_unit,"
            " pack_stock_quantity, packs_ordered, price) values (%s, %s, %s, 1, 'each', %s, %s, 1)",
            [
                order,
                position,
                product,
                Decimal(dice.randint(1, 10**7)).scaleb(-6),
                Decimal(dice.randint(1, 10**7)).scaleb(-6),
            ],
        )


def both(client: httpx.Client, **asked: str) -> httpx.Response:
    """The answer of the short way, once it is known to be that of the ordinary one."""
    assert lane.takes({"query_string": str(httpx.QueryParams(asked)).encode()}), asked
    short, ordinary = (client.get("/api/inventory", params=asked | more) for more in ({}, ORDINARILY))
    assert (short.status_code, short.content) == (ordinary.status_code, ordinary.content)
    assert short.headers["content-type"] == ordinary.headers["content-type"]
    assert short.headers.keys() == ordinary.headers.keys()
    return short


class TestSameBytes:
    def test_pages_of_everything_follow_each_other_alike(self, shelves, operator, place: Place):
        asked, seen = {"limit": "17"}, []
        while True:
            page = both(operator, **asked).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]
        assert sorted(seen) == sorted(shelves("id"))

    def test_of_any_size(self, shelves, operator):
        there = len(shelves("id"))
        for limit in (1, 49, 50, 51, there - 1, there, 200):
            page = both(operator, limit=str(limit)).json()
            assert len(page["items"]) == min(limit, there)
            assert (page["next_cursor"] is None) == (limit >= there)

    @pytest.mark.parametrize(
        "asked",
        [
            {"below_reorder": "true"},
            {"below_reorder": "false"},
            {"negative": "true"},
            {"negative": "false", "below_reorder": "true"},
            {"q": "ä"},
            {"q": "100 %"},
            {"q": "Mehl_"},
            {"q": "\\"},
            {"q": "日本"},
        ],
        ids=str,
    )
    def test_narrowed_down(self, shelves, operator, place: Place, asked: dict[str, str]):
        listed = both(operator, location_id=str(place.id), limit="200", **asked).json()["items"]
        assert len(listed) < len(shelves("id"))

    def test_of_one_product_and_of_one_area(self, shelves, operator):
        product, area = shelves("product_id")[0], next(each for each in shelves("area_id") if each != "None")
        assert {item["product"]["id"] for item in both(operator, product_id=product).json()["items"]} == {product}
        assert {item["area_id"] for item in both(operator, area_id=area).json()["items"]} == {area}

    def test_everywhere_for_whoever_may_see_everything(self, shelves, manager, other_place: Place):
        assert both(manager, limit="200", location_id=str(other_place.id)).json()["items"]
        assert both(manager, limit="5", q="Apfel").json()["items"]

    def test_of_an_empty_place(self, operator, place: Place):
        assert both(operator, location_id=str(place.id)).json() == {"items": [], "next_cursor": None}


class TestLostConnections:
    def test_are_replaced_unnoticed(self, shelves, operator, database: Database):
        before = both(operator).content
        with psycopg.connect(database.server.url(database=database.name), autocommit=True) as server:
            killed = server.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where usename = 'stockpot_app' and datname = current_database()"
            ).fetchall()
        assert len(killed) >= 2
        assert operator.get("/api/inventory").content == before


class TestSameRefusals:
    def test_a_foreign_place_is_not_found(self, shelves, operator, other_place: Place):
        short = _refusal(operator, location_id=str(other_place.id))
        assert (short["status"], short["code"]) == (404, "location_not_found")

    def test_whoever_is_not_signed_in(self, api):
        assert _refusal(api)["status"] == 401

    def test_whoever_has_no_such_scope(self, people):
        assert _refusal(people.bearer(people.create(None)))["code"] == "missing_scope"

    def test_a_session_that_is_over(self, people, place: Place):
        client = people.bearer(people.create("operator", place.id))
        assert both(client).status_code == 200
        assert client.post("/api/auth/logout").status_code < 300
        assert _refusal(client)["status"] == 401

    def test_a_nul_in_the_address(self, operator):
        reply = operator.get("/api/inventory?q=%00")
        assert (reply.status_code, reply.json()["detail"]) == (400, "The address contains a NUL character.")


def _refusal(client: httpx.Client, **asked: str) -> dict[str, Any]:
    """What both ways say, but for the request's id, which is each one's own."""
    short, ordinary = (client.get("/api/inventory", params=asked | more) for more in ({}, ORDINARILY))
    said: list[dict[str, Any]] = [reply.json() for reply in (short, ordinary)]
    assert all(each.pop("request_id") for each in said)
    assert said[0] == said[1]
    assert short.headers["content-type"] == ordinary.headers["content-type"] == "application/problem+json"
    return said[0]


class TestWhatTheShortWayLeaves:
    @pytest.mark.parametrize(
        "query",
        [
            "as_of=2026-11-20T10:00:00Z",
            "known_at=2026-11-20T10:00:00Z",
            "expiring_before=2026-12-01",
            "limit=0",
            "limit=201",
            "limit=5&limit=6",
            "limit=+5",
            "limit=",
            "location_id=nowhere",
            "location_id={01a204bb-9864-7ad1-8c14-5eae313512a0}",
            "negative=yes",
            "q=",
            "q=a%0Ab",
            "q=" + "a" * 201,
            "cursor=nonsense",
            "cursor=WyJcdWQ4MDAiLCAiMDFhMjA0YmItOTg2NC03YWQxLThjMTQtNWVhZTMxMzUxMmEwIl0",
            "cursor=WzEsIDJd",
            "unknown=1",
            "q=" + "%C3%A4" * 400,
        ],
    )
    def test_goes_the_ordinary_way(self, query: str):
        assert not lane.takes({"query_string": query.encode()})

    def test_and_is_refused_there(self, operator):
        reply = operator.get("/api/inventory", params={"limit": "201"})
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "limit")
