"""Importing a till's CSV: what loads, what is put aside with a reason, and what is refused as a whole."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import InvalidMapping, MissingColumns, UnknownLocation, UnreadableFile, WrongEncoding
from ingestion.pos.cli import import_dropped, import_file
from ingestion.pos.mapping import Mapping, parse_mapping
from tests.ingestion.conftest import Kitchen

pytestmark = pytest.mark.pipeline

HEADER = "bill,when,item,qty,price"
GOOD = "1,2026-11-01 12:00,Pie,2,12.50"


@pytest.fixture
def kitchen(shop: Kitchen) -> Kitchen:
    """The restaurant before its first sale."""
    for table in ("raw_pos.order_lines", "raw_quarantine.rows"):
        shop.execute_as_pipeline(
            f"do $$ begin if to_regclass('{table}') is not null then delete from {table}; end if; end $$"
        )
    return shop


def mapping(**changes: Any) -> Mapping:
    columns = {
        "order_number": "bill",
        "ordered_at": "when",
        "item_name": "item",
        "quantity": "qty",
        "unit_price": "price",
    }
    return parse_mapping({"columns": columns, **changes})


def write(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "sales.csv") -> Path:
    path = folder / name
    path.write_bytes("\n".join((HEADER, *lines)).encode(encoding))
    return path


def lines(kitchen: Kitchen, columns: str = "*") -> list[tuple[Any, ...]]:
    return kitchen.read(f"select {columns} from raw_pos.order_lines order by source_line")


def kept(kitchen: Kitchen) -> list[tuple[Any, ...]]:
    """Loaded and quarantined rows, none where no import ever made the tables."""
    found = kitchen.read("select to_regclass('raw_pos.order_lines'), to_regclass('raw_quarantine.rows')")[0]
    return [row for table in found if table for row in kitchen.read(f"select 1 from {table}")]


class TestRows:
    def test_a_sale_after_midnight_belongs_to_yesterday(self, kitchen: Kitchen, tmp_path: Path) -> None:
        file = write(tmp_path, "1,2026-07-02 01:30,Pie,1,12.50", "2,2026-07-02 04:00,Pie,1,12.50")
        import_file(file, "RIV", mapping(), kitchen.pipeline_url)
        found = lines(kitchen, "ordered_at at time zone 'UTC', business_day")
        assert [(str(at), str(day)) for at, day in found] == [
            ("2026-07-02 00:30:00", "2026-07-01"),
            ("2026-07-02 03:00:00", "2026-07-02"),
        ]

    def test_identical_lines_of_one_file_are_all_kept(self, kitchen: Kitchen, tmp_path: Path) -> None:
        figures = import_file(write(tmp_path, GOOD, GOOD), "RIV", mapping(), kitchen.pipeline_url)
        assert (figures["lines_loaded"], figures["exact_duplicate_lines"], figures["total"]) == (2, 1, "50")
        assert lines(kitchen, "occurrence, line_total") == [(1, Decimal(25)), (2, Decimal(25))]

    def test_a_longer_export_adds_only_its_new_lines(self, kitchen: Kitchen, tmp_path: Path) -> None:
        import_file(write(tmp_path, GOOD), "RIV", mapping(), kitchen.pipeline_url)
        longer = write(tmp_path, "2,2026-11-02 12:00,Pie,1,12.50", GOOD, name="longer.csv")
        figures = import_file(longer, "RIV", mapping(), kitchen.pipeline_url)
        assert (figures["lines_loaded"], figures["lines_already_known"]) == (1, 1)

    def test_a_bad_row_is_quarantined_with_line_column_and_reason(self, kitchen: Kitchen, tmp_path: Path) -> None:
        bad = [
            "2,yesterday,Pie,1,12.50",
            "3,2026-11-01 12:00,Pie,-1,12.50",
            "4,2026-11-01 12:00,Pie,NaN,12.50",
            "5,2026-11-01 12:00,Pie,1",
            "6,2026-11-01 12:00,,1,12.50",
            "7,2026-11-01 12:00,Pi\0e,1,12.50",
            "8,2026-11-01 12:00,Pie,1,1e400",
        ]
        figures = import_file(write(tmp_path, GOOD, *bad), "RIV", mapping(), kitchen.pipeline_url)
        assert (figures["lines_read"], figures["lines_loaded"], figures["lines_quarantined"]) == (8, 1, 7)
        found = kitchen.read("select line, column_name, message from raw_quarantine.rows order by line")
        assert [(line, column) for line, column, _ in found] == [
            (3, "when"), (4, "qty"), (5, "qty"), (6, None), (7, "item"), (8, "item"), (9, "price"),
        ]  # fmt: skip
        assert "'yesterday' is no moment" in found[0][2]
        again = import_file(tmp_path / "sales.csv", "RIV", mapping(), kitchen.pipeline_url)
        assert (again["lines_loaded"], again["lines_newly_quarantined"]) == (0, 0)

    def test_a_repaired_row_loads_once_and_leaves_quarantine(self, kitchen: Kitchen, tmp_path: Path) -> None:
        import_file(write(tmp_path, "1,2026-11-01 12:00,Pie,two,12.50"), "RIV", mapping(), kitchen.pipeline_url)
        for _ in range(2):
            import_file(write(tmp_path, GOOD), "RIV", mapping(), kitchen.pipeline_url)
        assert lines(kitchen, "quantity") == [(Decimal(2),)]
        assert kitchen.read("select state = 'loaded' from raw_quarantine.rows") == [(True,)]

    def test_another_till_writes_otherwise(self, kitchen: Kitchen, tmp_path: Path) -> None:
        path = tmp_path / "other.csv"
        path.write_bytes("Nr;Tag;Zeit;Artikel;Größe;Summe\r\n7;24.12.2026;18:05;Crêpe;L;1.234,50\r\n".encode("cp1252"))
        columns = {
            "order_number": "Nr",
            "ordered_date": "Tag",
            "ordered_time": "Zeit",
            "item_code": "{Artikel}_{Größe}",
            "line_total": "Summe",
        }
        other = mapping(
            columns=columns,
            file={"delimiter": ";", "encoding": "cp1252"},
            formats={"ordered_date": "%d.%m.%Y", "ordered_time": "%H:%M", "decimal_comma": True},
            defaults={"quantity": 2},
        )
        import_file(path, "RIV", other, kitchen.pipeline_url)
        assert lines(kitchen, "item_code, quantity, unit_price, line_total") == [
            ("Crêpe_L", Decimal(2), Decimal("617.25"), Decimal("1234.5"))
        ]


class TestRefusal:
    def test_missing_columns_are_named_and_nothing_changes(self, kitchen: Kitchen, tmp_path: Path) -> None:
        path = tmp_path / "short.csv"
        path.write_text("bill,when,item\n1,2026-11-01 12:00,Pie\n")
        with pytest.raises(MissingColumns, match="no column 'qty', 'price'"):
            import_file(path, "RIV", mapping(), kitchen.pipeline_url)
        assert kept(kitchen) == []

    def test_a_wrong_encoding_is_named_and_nothing_changes(self, kitchen: Kitchen, tmp_path: Path) -> None:
        file = write(tmp_path, GOOD, "2,2026-11-01 12:00,Crêpe,1,9", encoding="cp1252")
        with pytest.raises(WrongEncoding, match="not utf-8 text"):
            import_file(file, "RIV", mapping(), kitchen.pipeline_url)
        assert kept(kitchen) == []

    def test_a_broken_quote_at_the_end_changes_nothing(self, kitchen: Kitchen, tmp_path: Path) -> None:
        file = write(tmp_path, GOOD, '2,2026-11-01 12:00,"' + "x" * 200_000)
        with pytest.raises(UnreadableFile, match="field larger"):
            import_file(file, "RIV", mapping(), kitchen.pipeline_url)
        assert kept(kitchen) == []

    def test_an_empty_or_missing_file_is_refused(self, kitchen: Kitchen, tmp_path: Path) -> None:
        (tmp_path / "empty.csv").touch()
        for name in ("empty.csv", "missing.csv"):
            with pytest.raises(UnreadableFile, match=name):
                import_file(tmp_path / name, "RIV", mapping(), kitchen.pipeline_url)

    def test_an_unknown_location_lists_those_there_are(self, kitchen: Kitchen, tmp_path: Path) -> None:
        with pytest.raises(UnknownLocation, match="the locations are RIV"):
            import_file(write(tmp_path, GOOD), "XXX", mapping(), kitchen.pipeline_url)

    def test_another_currency_than_the_locations_is_refused(self, kitchen: Kitchen, tmp_path: Path) -> None:
        with pytest.raises(InvalidMapping, match="keeps GBP"):
            import_file(write(tmp_path, GOOD), "RIV", mapping(currency="USD"), kitchen.pipeline_url)


class TestDropFolder:
    def test_each_file_is_read_by_the_mapping_beside_it(self, kitchen: Kitchen, tmp_path: Path) -> None:
        folder = tmp_path / "drop"
        folder.mkdir()
        write(folder, GOOD, name="a.csv")
        (folder / "a.csv.mapping.json").write_text(mapping(location="RIV").model_dump_json(exclude_none=True))
        write(folder, GOOD, name="b.csv")
        found = import_dropped(folder, kitchen.pipeline_url)
        assert found[0].figures is not None
        assert found[0].figures["lines_loaded"] == 1
        assert found[1].error == "b.csv has no mapping: put b.csv.mapping.yaml beside it"
