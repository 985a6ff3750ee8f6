"""Mirroring the operational tables into raw_operational."""

from __future__ import annotations

import csv
import io
import os
import threading
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from ingestion.errors import LoadFailed
from ingestion.operational.snapshot import snapshot
from ingestion.operational.source import load_ledger, load_reference, load_tables
from ingestion.operational.tables import ALL, LEDGER, Table
from ingestion.warehouse import working_folder
from tests.ingestion.conftest import Kitchen

pytestmark = pytest.mark.pipeline

LATE_COMMITS = 100 if os.environ.get("STOCKPOT_SOAK_MINUTES") else 3

BALANCE = """
select i.id, i.on_hand, coalesce(sum(case when m.to_item_id = i.id then m.quantity else -m.quantity end), 0)
from raw_operational.inventory_items i
left join raw_operational.stock_movements m on i.id in (m.from_item_id, m.to_item_id) group by 1, 2
"""


def ledger(kitchen: Kitchen, **options: timedelta) -> dict[str, int]:
    return load_ledger(kitchen.pipeline_url, kitchen.pipeline_url, **options).rows


class TestLoad:
    def test_every_table_arrives_even_when_it_is_empty(self, kitchen: Kitchen) -> None:
        load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        ledger(kitchen)
        found = kitchen.read(
            "select table_name from information_schema.tables where table_schema = 'raw_operational' and table_name not like '\\_%%'"
        )
        assert {name for (name,) in found} == {table.name for table in ALL}

    def test_values_keep_their_declared_types(self, kitchen: Kitchen) -> None:
        kitchen.write(3)
        load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        ledger(kitchen)
        assert kitchen.read("select quantity, value from raw_operational.stock_movements") == [
            (Decimal("3.000000"), Decimal("0.123456"))
        ]
        assert kitchen.read("select price from raw_operational.menu_items") == [(Decimal("12.500000"),)]
        assert kitchen.read("select day_cutoff, allows_negative from raw_operational.locations") == [(time(4), True)]
        assert kitchen.read("select name, category, shelf_life_days from raw_operational.products") == [
            ('Flour "00",\nfine', "", None)
        ]
        assert kitchen.read("select delivery_weekdays from raw_operational.suppliers") == [([1, 2, 3, 4, 5, 6],)]
        original = kitchen.read("select occurred_at, recorded_at from public.stock_movements")
        assert kitchen.read("select occurred_at, recorded_at from raw_operational.stock_movements") == original

    def test_a_second_run_brings_only_what_is_new(self, kitchen: Kitchen) -> None:
        for _ in range(3):
            kitchen.write()
        assert ledger(kitchen)["stock_movements"] == 3
        kitchen.write()
        assert ledger(kitchen, overlap=timedelta(0))["stock_movements"] <= 2
        assert kitchen.read("select count(*), count(distinct id) from raw_operational.stock_movements") == [(4, 4)]

    def test_a_first_load_that_was_killed_is_repeated_and_leaves_nothing_behind(self, kitchen: Kitchen) -> None:
        kitchen.write()
        ledger(kitchen)
        kitchen.execute_as_pipeline("delete from raw_operational._dlt_pipeline_state")  # rows are there, the end is not
        ledger(kitchen)
        assert kitchen.read("select count(*) from raw_operational.stock_movements") == [(1,)]
        assert not list(working_folder().rglob("*.csv*"))

    def test_a_deleted_row_disappears(self, kitchen: Kitchen) -> None:
        load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        kitchen.execute("delete from menu_items")
        load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        assert kitchen.read("select count(*) from raw_operational.menu_items") == [(0,)]

    def test_credentials_stay_where_they_are(self, kitchen: Kitchen) -> None:
        assert not {"users", "sessions", "refresh_tokens", "supplier_contacts"} & {table.name for table in ALL}
        ledger(kitchen)
        names = kitchen.read(
            "select column_name from information_schema.columns where table_name = 'stock_movements' and table_schema = 'raw_operational'"
        )
        assert ("content",) not in names


class TestLateCommit:
    def test_a_transaction_that_commits_after_the_extraction_is_in_the_next(self, kitchen: Kitchen) -> None:
        with psycopg.connect(kitchen.owner_url) as slow:
            late = kitchen.post(slow)
            early = _post_for_another_item(kitchen)
            ledger(kitchen)
            assert kitchen.read("select id::uuid from raw_operational.stock_movements") == [(early,)]
            slow.commit()
        ledger(kitchen)
        assert {row[0] for row in kitchen.read("select id::uuid from raw_operational.stock_movements")} == {early, late}

    @pytest.mark.reliability
    def test_no_row_is_ever_missed_however_often(self, kitchen: Kitchen) -> None:
        """SAFETY 23: insert, extract, commit; the next run has it. Each round also sees that the open row is not there."""
        movements = tuple(table for table in LEDGER if table.name == "stock_movements")
        expected: set[object] = set()

        def extracted() -> set[object]:
            load_tables(movements, kitchen.pipeline_url, kitchen.pipeline_url)
            return {row[0] for row in kitchen.read("select id::uuid from raw_operational.stock_movements")}

        for _ in range(LATE_COMMITS):
            with psycopg.connect(kitchen.owner_url) as slow:
                late = kitchen.post(slow)
                assert extracted() == expected
                slow.commit()
            expected.add(late)
        assert extracted() == expected


class TestSnapshot:
    def test_movements_sum_to_on_hand_while_people_go_on_scanning(self, kitchen: Kitchen) -> None:
        stop = threading.Event()
        written = [0]

        def scan() -> None:
            with psycopg.connect(kitchen.owner_url) as session:
                while not stop.is_set():
                    kitchen.post(session)
                    session.commit()
                    written[0] += 1

        writers = [threading.Thread(target=scan) for _ in range(2)]
        for writer in writers:
            writer.start()
        try:
            for _ in range(3):
                before = written[0]
                ledger(kitchen)
                ((_, on_hand, moved),) = kitchen.read(BALANCE)
                assert on_hand == moved
                assert on_hand >= before
        finally:
            stop.set()
            for writer in writers:
                writer.join()


class TestFiles:
    def test_a_file_ends_with_a_row_whatever_is_in_it(self, kitchen: Kitchen, tmp_path: Path) -> None:
        for sku in ("A", "B"):
            kitchen.execute("insert into products (sku, name, stock_unit) values (%s, %s, 'g')", sku, 'two\nlines, "x"')
        products = Table("products")
        with snapshot(kitchen.owner_url) as moment:
            columns = [column for column in moment.columns(products) if column.name in {"sku", "name"}]
            files = list(moment.write(products, columns, tmp_path, extra={"load": "7"}, file_bytes=1))
        read = [list(csv.DictReader(io.StringIO(file.path.read_text(encoding="utf-8")))) for file in files]
        assert [len(rows) for rows in read] == [file.rows for file in files] == [1, 1, 1, 0]
        assert {row["name"] for rows in read for row in rows} == {'Flour "00",\nfine', 'two\nlines, "x"'}
        assert {row["load"] for rows in read for row in rows} == {"7"}


class TestRetypedColumn:
    def test_a_source_column_of_another_type_stops_the_load_by_name(self, kitchen: Kitchen) -> None:
        load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        kitchen.execute("alter table menu_items alter column price type text using price::text")
        with pytest.raises(LoadFailed, match="price"):
            load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        assert kitchen.read("select price from raw_operational.menu_items") == [(Decimal("12.500000"),)]


def _post_for_another_item(kitchen: Kitchen) -> object:
    """A movement of another item: the slow transaction holds the first one's row."""
    with psycopg.connect(kitchen.owner_url) as session:
        row = session.execute(
            "with area as (insert into storage_areas (location_id, name) values (%s, 'Shelf') returning id) "
            "insert into inventory_items (product_id, location_id, area_id, currency) select %s, %s, id, 'GBP' from area returning id",
            [kitchen.location_id, kitchen.product_id, kitchen.location_id],
        ).fetchone()
        assert row is not None
        other = Kitchen(kitchen.owner_url, kitchen.pipeline_url, kitchen.location_id, kitchen.product_id, row[0])
        return other.post(session)
