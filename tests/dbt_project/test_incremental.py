"""A night on a long history writes what a full rebuild would: late rows, reversals, corrections and new items included."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from infra.local.postgres import PostgresServer, create_database
from orchestration.lib.publishing import publish
from tests.conftest import TEMPLATE
from tests.dbt_project.house import LOCATIONS, PRODUCTS, House, build_house, create_raw, fill_raw, key
from tests.dbt_project.warehouse import dbt, rows

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]
MARTS = (
    "fct_stock_movements", "fct_stock_on_hand_daily", "fct_inventory_value_daily", "fct_restatements",
    "fct_waste", "fct_actual_vs_theoretical", "fct_food_cost", "fct_product_classes", "fct_stockouts",
)  # fmt: skip
"""The first four are appended to or rewritten in part; the others are built whole from what is."""
BESIDE = ("dim_location",)
DAYS = 40
LATE_TILL = 4  # days, today among them, of which Riverside's till says nothing in the first night
CONTENT = """
select count(*), md5(string_agg(line, '|' order by line))
from (select (to_jsonb(m) - 'load_id' - 'built_at')::text as line from {} as m) as lines
"""


SPELLS = """
select place.code, product.sku, spell.business_day, spell.began_at, spell.ended_at
from intermediate.int_stockout_spells as spell
join raw_operational.locations as place on place.id::uuid = spell.location_id
join raw_operational.products as product on product.id::uuid = spell.product_id
order by 1, 2, 4
"""
PLENTY = 10**7
SHORTAGES = (  # night, location, sku, days ago, quantity: more than the house ever takes or brings of it
    (1, "RIV", "LEM", 9, -PLENTY), (1, "RIV", "LEM", 7, PLENTY),
    (2, "RIV", "LEM", 8.5, 2 * PLENTY), (2, "RIV", "LEM", 8, -2 * PLENTY),
    (1, "RIV", "HAM", 4, -PLENTY), (2, "RIV", "HAM", 1, 2 * PLENTY),
    (1, "RIV", "MOZ", 3, -PLENTY),
    (1, "HAR", "SAU", 6, 9), (1, "HAR", "SAU", 5, -9),
    (2, "HAR", "BOX", 7, PLENTY), (1, "HAR", "BOX", 6, -PLENTY), (1, "HAR", "BOX", 5, PLENTY),
    (2, "HAR", "PIN", 4, -PLENTY), (2, "HAR", "PIN", 3, PLENTY),
    (1, "HAR", "LEM", 23, -PLENTY), (2, "HAR", "LEM", "monday", Decimal("-0.000001")), (1, "HAR", "LEM", 2.5, 2 * PLENTY),
)  # fmt: skip
Spells = dict[tuple[str, str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Nights:
    """What was in the marts after a night of new rows, after a full rebuild of the same rows, and how much was written.

    Stockout spells (day, beginning, end; by location and SKU) and daily use are kept as they were after each of the three nights.
    """

    url: str
    built: dict[str, Any]
    published: dict[str, Any]
    rebuilt: dict[str, Any]
    written: dict[str, tuple[int, int]]
    spells: tuple[Spells, Spells, Spells]
    usage: tuple[Any, Any, Any]


def contents(url: str, schema: str) -> dict[str, Any]:
    return {mart: rows(url, CONTENT.format(f"{schema}.{mart}")) for mart in MARTS}


def late_rows(movements: list[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """What one more night brings: reversals of any old rows, late waste, a correction, and an item never seen before."""
    now = datetime.now(UTC)
    old = dice.sample([row for row in movements if row["quantity"]], 6)
    undone = [
        {**row, "id": key("undo", row["id"]), "from_item_id": row["to_item_id"], "to_item_id": row["from_item_id"],
         "reverses_id": row["id"], "recorded_at": now}
        for row in old[:3]
    ]  # fmt: skip
    late = [
        {**row, "id": key("late", row["id"]), "kind": "waste", "from_item_id": row["from_item_id"] or row["to_item_id"],
         "to_item_id": None, "quantity": Decimal(dice.randint(1, 90)), "value": Decimal("0.37"), "recorded_at": now}
        for row in old[3:]
    ]  # fmt: skip
    first = {**old[0], "id": key("first of sauce"), "kind": "production", "from_item_id": None, "reverses_id": None,
             "to_item_id": key("item", "RIV", "SAU"), "product_id": key("product", "SAU"),
             "occurred_at": now - timedelta(days=3), "recorded_at": now}  # fmt: skip
    return [*undone, *late, first]


def closed_monday(house: House, movements: list[dict[str, Any]]) -> date:
    """Of the last Mondays, on which Harbour is closed, one without a late delivery there and without a shortage."""
    zone, items = ZoneInfo(LOCATIONS["HAR"][1]), {key("item", "HAR", sku) for sku in PRODUCTS}
    moments = [row["occurred_at"] for row in movements if items & {row["from_item_id"], row["to_item_id"]}]
    short = [days for _, code, _, days, _ in SHORTAGES if code == "HAR" and not isinstance(days, str)]
    moments += [datetime.now(UTC) - timedelta(days=days) for days in short]
    moved = {(moment.astimezone(zone) - timedelta(hours=4)).date() for moment in moments}
    last = house.today - timedelta(days=house.today.isoweekday() + 6)
    return next(day for day in (last, last - timedelta(days=7)) if day not in moved)


def shortages(house: House, closed: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What empties and fills whole shelves: known in the first night, and found out in the second."""
    now, known = datetime.now(UTC), {1: list[dict[str, Any]](), 2: list[dict[str, Any]]()}
    for night, code, sku, days, quantity in SHORTAGES:
        at = datetime.combine(closed, time(20), UTC) if isinstance(days, str) else now - timedelta(days=days)
        item = key("item", code, sku)
        known[night].append({
            "id": key("shortage", code, sku, days), "kind": "waste" if quantity < 0 else "production",
            "from_item_id": item if quantity < 0 else None, "to_item_id": item if quantity > 0 else None,
            "product_id": key("product", sku), "quantity": Decimal(abs(quantity)), "value": Decimal(1), "currency": "USD",
            "occurred_at": at, "recorded_at": at if night == 1 else now, "source": "scan",
        })  # fmt: skip
    return known[1], known[2]


def usage(url: str) -> Any:
    return rows(
        url, "select location_id, product_id, business_day, quantity from intermediate.int_usage_daily order by 1, 2, 3"
    )


def spells(url: str) -> Spells:
    found: Spells = {}
    for code, sku, *spell in rows(url, SPELLS):
        found.setdefault((code, sku), []).append(tuple(spell))
    return found


@pytest.fixture(scope="module")
def nights(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, worker_number: int) -> Nights:
    name, target = f"stockpot_nights_{worker_number}", tmp_path_factory.mktemp("dbt")
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, name, TEMPLATE)
    url, house, dice = postgres.url("stockpot_pipeline", name), build_house(days=DAYS), random.Random(20_261_122)
    house.rows["order_lines"] = [row for row in house.rows["order_lines"] if row["ordered_at"] < datetime.now(UTC)]
    movements = sorted(house.rows.pop("stock_movements"), key=lambda row: row["recorded_at"])
    known = [row for row in movements if row["recorded_at"] < datetime.now(UTC) - timedelta(days=2)]
    new = [row for row in movements if row not in known]
    emptied, found_out = shortages(house, closed_monday(house, movements))
    till = house.rows.pop("order_lines")
    late = [
        row
        for row in till
        if row["location_code"] == "RIV" and row["business_day"] > house.today - timedelta(days=LATE_TILL)
    ]
    with psycopg.connect(url) as connection:
        create_raw(connection)
        on_time = [row for row in till if row not in late]
        fill_raw(connection, {**house.rows, "stock_movements": [*known, *emptied], "order_lines": on_time})
    _night(url, target, "night 1")
    first_spells, first_usage = spells(url), usage(url)
    with psycopg.connect(url) as connection:
        fill_raw(connection, {"stock_movements": [*new, *late_rows(known, dice), *found_out], "order_lines": late})
        connection.execute("update raw_operational.inventory_items set reorder_point = 7 where product_id = %s",
                           [str(key("product", "BOX"))])  # fmt: skip
    _night(url, target, "night 2")
    second_spells, second_usage = spells(url), usage(url)
    built, published = contents(url, "marts_build"), contents(url, "marts")
    written = {
        mart: rows(url, f"select count(*) filter (where load_id = 'night 2'), count(*) from marts.{mart}")[0]
        for mart in MARTS
    }
    _night(url, target, "night 3", "--full-refresh")
    return Nights(
        url, built, published, contents(url, "marts"), written,
        (first_spells, second_spells, spells(url)), (first_usage, second_usage, usage(url)),
    )  # fmt: skip


def _night(url: str, target: Path, load_id: str, *flags: str) -> None:
    dbt(url, target, "run", "--select", *(f"+{mart}" for mart in (*MARTS, *BESIDE)), *flags, load_id=load_id)
    publish(url, load_id)


class TestIncrementalMarts:
    def test_they_are_what_a_full_rebuild_makes(self, nights: Nights):
        assert nights.built == nights.rebuilt

    def test_readers_get_the_same_by_the_change_alone(self, nights: Nights):
        assert nights.published == nights.rebuilt
        known = rows(nights.url, "select tables from marts.loads where load_id = 'night 2'")[0][0]
        assert {mart: known[mart] for mart in MARTS} == {mart: count for mart, (_, count) in nights.written.items()}

    def test_what_is_old_stays_unwritten(self, nights: Nights):
        for mart in MARTS[:2]:
            written, every = nights.written[mart]
            assert 0 < written < every / 2, mart

    def test_a_row_says_which_load_wrote_it_and_a_rebuild_writes_all(self, nights: Nights):
        assert rows(nights.url, "select distinct load_id from marts.fct_stock_movements") == [("night 3",)]


class TestDailyUse:
    def test_days_that_opened_since_and_late_use_are_what_a_rebuild_makes(self, nights: Nights):
        """The second night brings Riverside's last till days, a Monday on which Harbour was open after all, and late waste."""
        first, second, rebuilt = nights.usage
        assert second == rebuilt
        days = [{(place, day) for place, _, day, _ in known} for known in (first, second)]
        opened = days[1] - days[0]
        assert {place for place, _ in opened} == {key("location", "RIV"), key("location", "HAR")}
        assert days[0] < days[1]
        assert len(set(second) - set(first)) < len(second) / 2


class TestStockoutSpells:
    """Each way in which the second night changes what the first one saw of a shortage; `SHORTAGES` are what came."""

    def test_they_are_what_a_full_rebuild_makes(self, nights: Nights):
        _, built, rebuilt = nights.spells
        assert built == rebuilt
        assert nights.built["fct_stockouts"][0][0] > 0

    def test_a_late_filling_cuts_one_in_two(self, nights: Nights):
        before, after, _ = (each["RIV", "LEM"] for each in nights.spells)
        assert timedelta(days=0.5) not in _gaps(before)
        assert timedelta(days=0.5) in _gaps(after)

    def test_one_without_an_end_ends(self, nights: Nights):
        before, after, _ = (each["RIV", "HAM"] for each in nights.spells)
        assert before[-1][2] is None
        assert None not in {ended_at for *_, ended_at in after}
        assert after[: len(before) - 1] == before[:-1]
        assert after[len(before) - 1][:2] == before[-1][:2]

    def test_one_goes_on_with_new_sales(self, nights: Nights):
        before, after, _ = (each["RIV", "MOZ"] for each in nights.spells)
        assert before[-1][2] is None
        assert after[-1][2] is None
        assert len(after) > len(before)

    def test_one_goes_on_with_nothing_new(self, nights: Nights):
        before, after, _ = (each["HAR", "SAU"] for each in nights.spells)
        assert [ended_at for *_, ended_at in before] == [None]
        assert after == before

    def test_one_is_none_any_more(self, nights: Nights):
        before, after, _ = nights.spells
        assert before["HAR", "BOX"]
        assert ("HAR", "BOX") not in after

    def test_one_is_found_out_late(self, nights: Nights):
        before, after, _ = (each.get(("HAR", "PIN"), []) for each in nights.spells)
        assert {began_at for _, began_at, _ in after} - {began_at for _, began_at, _ in before}

    def test_a_late_movement_of_another_day_ends_the_one_before(self, nights: Nights):
        before, after, _ = (each["HAR", "LEM"] for each in nights.spells)
        (came,) = [spell for spell in after if spell[0].isoweekday() == 1 and spell not in before]
        (cut,) = [spell for spell in before if spell[1] < came[1] < spell[2]]
        assert came[2] == cut[2]
        assert (cut[0], cut[1], came[1]) in after


def _gaps(spells: list[tuple[Any, ...]]) -> list[timedelta]:
    """How long something was there between one spell and the next."""
    return [after[1] - before[2] for before, after in pairwise(spells) if after[1] != before[2]]


class TestStockAsOf:
    """`marts.stock_as_of` on the last night's marts, beside the plain sum over the ledger's rows."""

    FOLD = """
        select inventory_item_id, sum(quantity_delta), sum(value_delta) from marts.fct_stock_movements
        where occurred_at <= %s and recorded_at <= %s group by 1
    """
    READ = "select inventory_item_id, on_hand, value from marts.stock_as_of(%s, %s)"

    @pytest.mark.parametrize("known_days_ago", [None, 0, 3, 9])
    def test_it_is_the_sum_of_what_had_happened_and_was_known(self, nights: Nights, known_days_ago: int | None):
        dice = random.Random(str(known_days_ago))
        now = datetime.now(UTC)
        known_at = None if known_days_ago is None else now - timedelta(days=known_days_ago)
        for _ in range(3):
            as_of = now - timedelta(days=2, seconds=dice.randrange(25 * 86400))
            expected = rows(nights.url, self.FOLD, as_of, known_at or now + timedelta(days=9))
            found = {item: (on_hand, value) for item, on_hand, value in rows(nights.url, self.READ, as_of, known_at)}
            assert expected
            for item, on_hand, value in expected:
                assert found.pop(item) == (on_hand, value)
            assert set(found.values()) <= {(0, 0)}  # known now, not yet then

    def test_the_difference_between_two_times_of_knowing_is_what_was_restated(self, nights: Nights):
        """The value of a day's end as known on day k is that known now less the restatements known after k."""
        day, known_on = (datetime.now(UTC).date() - timedelta(days=days) for days in (6, 4))
        ends = rows(
            nights.url,
            "select sum(now.value - coalesce(before.value, 0)) from marts.dim_location as place "
            "cross join lateral (select (%s::date + 1 + place.day_cutoff) at time zone place.time_zone "
            "- interval '1 microsecond' as as_of, (%s::date + 1 + place.day_cutoff) at time zone place.time_zone "
            "- interval '1 microsecond' as known_at) as moment "
            "cross join lateral marts.stock_as_of(moment.as_of) as now "
            "left join lateral marts.stock_as_of(moment.as_of, moment.known_at) as before "
            "on before.inventory_item_id = now.inventory_item_id where now.location_id = place.location_id",
            day, known_on,
        )  # fmt: skip
        restated = rows(
            nights.url,
            "select sum(value_delta) from marts.fct_restatements where business_day <= %s and known_on > %s",
            day, known_on,
        )  # fmt: skip
        assert restated[0][0] not in (None, 0)
        assert ends == restated
