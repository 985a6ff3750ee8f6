"""A night on a long history writes what a full rebuild would: late rows, reversals, corrections and new items included."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.local.postgres import PostgresServer, create_database
from orchestration.lib.publishing import publish
from tests.conftest import TEMPLATE
from tests.dbt_project.house import build_house, create_raw, fill_raw, key
from tests.dbt_project.warehouse import dbt, rows

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]
MARTS = (
    "fct_stock_movements", "fct_stock_on_hand_daily", "fct_inventory_value_daily", "fct_restatements",
    "fct_waste", "fct_actual_vs_theoretical", "fct_food_cost", "fct_product_classes", "fct_stockouts",
)  # fmt: skip
"""The first four are appended to or rewritten in part; the others are built whole from what is."""
BESIDE = ("dim_location",)
DAYS = 40
CONTENT = """
select count(*), md5(string_agg(line, '|' order by line))
from (select (to_jsonb(m) - 'load_id' - 'built_at')::text as line from {} as m) as lines
"""


@dataclass(frozen=True)
class Nights:
    """What was in the marts after a night of new rows, after a full rebuild of the same rows, and how much was written."""

    url: str
    built: dict[str, Any]
    published: dict[str, Any]
    rebuilt: dict[str, Any]
    written: dict[str, tuple[int, int]]


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


@pytest.fixture(scope="module")
def nights(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, worker_number: int) -> Nights:
    name, target = f"stockpot_nights_{worker_number}", tmp_path_factory.mktemp("dbt")
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, name, TEMPLATE)
    url, house, dice = postgres.url("stockpot_pipeline", name), build_house(days=DAYS), random.Random(20_261_122)
    movements = sorted(house.rows.pop("stock_movements"), key=lambda row: row["recorded_at"])
    known = [row for row in movements if row["recorded_at"] < datetime.now(UTC) - timedelta(days=2)]
    new = [row for row in movements if row not in known]
    with psycopg.connect(url) as connection:
        create_raw(connection)
        fill_raw(connection, {**house.rows, "stock_movements": known})
    _night(url, target, "night 1")
    with psycopg.connect(url) as connection:
        fill_raw(connection, {"stock_movements": [*new, *late_rows(known, dice)]})
        connection.execute("update raw_operational.inventory_items set reorder_point = 7 where product_id = %s",
                           [str(key("product", "BOX"))])  # fmt: skip
    _night(url, target, "night 2")
    built, published = contents(url, "marts_build"), contents(url, "marts")
    written = {
        mart: rows(url, f"select count(*) filter (where load_id = 'night 2'), count(*) from marts.{mart}")[0]
        for mart in MARTS
    }
    _night(url, target, "night 3", "--full-refresh")
    return Nights(url, built, published, contents(url, "marts"), written)


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
