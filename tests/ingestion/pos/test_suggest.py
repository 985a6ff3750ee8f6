"""A mapping that is suggested by a file: what the rows prove, and what only a person can say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ingestion.errors import InvalidMapping, UnreadableFile
from ingestion.pos.mapping import load_mapping, parse_mapping
from ingestion.pos.suggest import Suggestion, suggest_mapping
from tests.ingestion.pos.test_reader import lines

SHARED = Path(__file__).parents[4] / "shared" / "data" / "takeaway-orders" / "restaurant-1-orders.csv"


def suggest(folder: Path, content: str, name: str = "sales.csv", encoding: str = "utf-8") -> Suggestion:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return suggest_mapping(path)


class TestProven:
    def test_a_german_till_is_read_as_suggested(self, tmp_path: Path) -> None:
        rows = "Bon;Datum;Zeit;Artikel;Menge;Einzelpreis\n7;24.12.2026;18:05;Crêpe;1;£ 1.234,50\n"
        found = suggest(tmp_path, rows, encoding="utf-8-sig")
        assert found.doubts == []
        assert found.currency == "GBP"
        (tmp_path / "m.yaml").write_text(found.text)
        (line,) = lines(tmp_path / "sales.csv", load_mapping(tmp_path / "m.yaml"))
        assert (line.order_number, line.item_name, str(line.line_total)) == ("7", "Crêpe", "1234.500000")
        assert line.ordered_at.isoformat() == "2026-12-24T18:05:00+00:00"

    @pytest.mark.parametrize(
        ("moments", "form"),
        [
            (["01/13/26 9:05 PM", "02/01/26 1:00 AM"], "%m/%d/%y %I:%M %p"),
            (["13/01/2026 09:05", "01/02/2026 10:00"], "%d/%m/%Y %H:%M"),
            (["2026-01-02 09:05:01"], "%Y-%m-%d %H:%M:%S"),
            (["2026-01-02T09:05:01.5+01:00"], "iso"),
            (["1782907200"], "epoch"),
        ],
    )
    def test_the_order_of_day_and_month_is_proven_by_a_value_above_12(
        self, tmp_path: Path, moments: list[str], form: str
    ) -> None:
        rows = "\n".join(f"{number},{moment},Pie,2.50" for number, moment in enumerate(moments))
        found = suggest(tmp_path, f"order,timestamp,item,price\n{rows}\n")
        assert (found.formats, found.doubts) == ({"ordered_at": form}, [])

    def test_json_orders_and_hours_side_by_side_are_recognised(self, tmp_path: Path) -> None:
        record = {"order_id": 1, "created_at": "2026-01-02T09:05:01Z", "item": {"name": "Pie", "price": 2.5}}
        found = suggest(tmp_path, json.dumps({"orders": [record]}), "s.json")
        assert found.file == {"records": "orders"}
        assert found.columns["item_name"] == "item.name"
        wide = suggest(tmp_path, "date,item,price,10h,11h,12h\n2026-01-13,Pie,2.50,1,,3\n", "w.csv")
        assert wide.wide["pattern"] == r"(\d{1,2})h"
        parse_mapping(yaml.safe_load(wide.text))

    @pytest.mark.skipif(not SHARED.exists(), reason="the takeaway's export is not beside the project (../shared/data)")
    def test_the_takeaways_file_gives_the_mapping_that_comes_along(self) -> None:
        found = suggest_mapping(SHARED)
        known = yaml.safe_load((Path(__file__).parents[3] / "ingestion/pos/mappings/takeaway.mapping.yaml").read_text())
        assert {name: found.columns[name] for name in known["columns"]} == known["columns"]
        assert found.formats["ordered_at"] == known["formats"]["ordered_at"]


class TestDoubt:
    def test_days_that_may_be_months_are_asked_and_no_import_takes_the_open_entry(self, tmp_path: Path) -> None:
        found = suggest(tmp_path, "order,date,time,item,price\n1,03/04/2026,10:00,Pie,2.50\n")
        (doubt,) = found.doubts
        assert "is '03/04/2026' in 'date' day first (%d/%m/%Y) or month first (%m/%d/%Y)?" in doubt
        assert f"#   - {doubt}" in found.text
        with pytest.raises(InvalidMapping, match=r"still asks something: settle formats\.ordered_date"):
            parse_mapping(yaml.safe_load(found.text))

    @pytest.mark.parametrize(
        ("rows", "doubt"),
        [
            ("1,2026-01-13,10:00,Pie,$2.50", "the amounts carry $"),
            ("1,2026-01-13,10:00,Pie,2.500", "is '2.500' more than a thousand"),
            ('1,2026-01-13,10:00,Pie,2.50\n2,2026-01-13,10:00,Pie,"2,50"', "both '2,50' and '2.50' occur"),
            ("1,soon,10:00,Pie,2.50", "'soon' is written in no way that is known here"),
        ],
    )
    def test_what_the_cells_do_not_tell_is_asked(self, tmp_path: Path, rows: str, doubt: str) -> None:
        found = suggest(tmp_path, f"order,date,time,item,price\n{rows}\n")
        assert any(doubt in each for each in found.doubts)

    def test_an_encoding_that_is_a_guess_is_shown_by_its_letters(self, tmp_path: Path) -> None:
        found = suggest(tmp_path, "order,date,time,item,price\n1,2026-01-13,10:00,Crêpe,2.50\n", encoding="cp1252")
        assert found.file["encoding"] == "cp1252"
        assert "Crêpe" in found.doubts[0]

    def test_columns_that_are_not_found_are_asked(self, tmp_path: Path) -> None:
        found = suggest(tmp_path, "a,b\nx,y\n")
        assert {doubt.partition(":")[0] for doubt in found.doubts} >= {"columns.order_number", "columns.ordered_at"}

    def test_a_nested_list_is_found_with_the_lines_inside_its_orders(self, tmp_path: Path) -> None:
        """The path to the orders, past another list on the way, and the list of each order's lines."""
        path = tmp_path / "s.json"
        line = {"name": "Pie", "qty": 1, "price": 1.5}
        path.write_text(json.dumps({"tags": ["a", "[{"], "data": {"page": 1, "orders": [{"id": 1, "items": [line]}]}}))
        found = suggest_mapping(path)
        assert (found.file["records"], found.file["lines"]) == ("data.orders", "items")
        assert found.columns["item_name"] == "items.name"
        assert "columns: the file has 'id', 'items.name', 'items.qty', 'items.price'" in found.doubts

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("s.json", b'{"data": {"orders": 3}}', "no list of records"),
            ("s.xlsx", b"PK\x03\x04", "a workbook or a zip archive: save it as CSV"),
        ],
    )
    def test_what_holds_no_rows_is_refused(self, tmp_path: Path, name: str, content: bytes, words: str) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFile, match=words):
            suggest_mapping(tmp_path / name)

    def test_a_title_above_the_header_is_suspected(self, tmp_path: Path) -> None:
        assert any("say file.header_line" in doubt for doubt in suggest(tmp_path, "Sales\n\na,b\n1,2\n").doubts)

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile, match="is empty"):
            suggest(tmp_path, "")
