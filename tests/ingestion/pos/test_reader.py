"""Reading files of every kind, encoding and way of writing: what becomes an order line, and what is named instead."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.errors import InvalidMapping, MissingColumns, RetypedColumn, UnreadableFile
from ingestion.pos.lines import OrderLine, Place
from ingestion.pos.mapping import Mapping, parse_mapping
from ingestion.pos.places import places_of
from ingestion.pos.reader import Chunk, PosFile
from ingestion.pos.spool import Spool

PLACES = {
    "RIV": Place("1", "RIV", "Europe/London", "GBP", time(4)),
    "OSL": Place("2", "OSL", "Europe/Oslo", "NOK", time(4)),
}
COLUMNS = {"order_number": "bill", "ordered_at": "when", "item_name": "item", "quantity": "qty", "unit_price": "price"}
HEADER = "bill,when,item,qty,price"


def mapping(columns: dict[str, str] | None = None, **changes: Any) -> Mapping:
    return parse_mapping({"columns": columns or COLUMNS, **changes})


def read(path: Path, declared: Mapping, own: str | None = "RIV") -> Chunk:
    """All rows of a small file."""
    with Spool() as spool:
        whole = Chunk([], [])
        for chunk in PosFile(path, declared, places_of(PLACES, own)).chunks(spool):
            whole.good.extend(chunk.good)
            whole.bad.extend(chunk.bad)
    return whole


def text_file(folder: Path, *rows: str, name: str = "sales.csv", encoding: str = "utf-8", header: str = HEADER) -> Path:
    path = folder / name
    path.write_bytes("\n".join((header, *rows)).encode(encoding))
    return path


def lines(path: Path, declared: Mapping, own: str | None = "RIV") -> list[OrderLine]:
    chunk = read(path, declared, own)
    assert chunk.bad == []
    return [row.line for row in chunk.good]


def problems(path: Path, declared: Mapping, own: str | None = "RIV") -> list[tuple[str, str | None]]:
    return [(row.problem.code, row.problem.column) for row in read(path, declared, own).bad]


class TestKinds:
    def test_the_same_lines_have_the_same_keys_in_every_kind_of_file(self, tmp_path: Path) -> None:
        """Two pies for 12.50 at noon in summer, 11:00 UTC, as each kind of file holds them."""
        row = {"bill": "1", "when": "2026-07-01 12:00", "item": "Pie", "qty": Decimal(2), "price": Decimal("12.50")}
        text_file(tmp_path, "1,2026-07-01 12:00,Pie,2,12.50")
        text_file(tmp_path, "1\t2026-07-01 12:00\tPie\t2\t12.5", name="s.tsv", header=HEADER.replace(",", "\t"))
        (tmp_path / "s.json").write_text(json.dumps([{**row, "qty": 2, "price": 12.5}]))
        (tmp_path / "s.jsonl").write_text(json.dumps({**row, "qty": 2, "price": "12.50"}) + "\n\n")
        typed = {**row, "when": datetime(2026, 7, 1, 12), "price": 12.5}
        pq.write_table(pa.Table.from_pylist([typed]), tmp_path / "s.parquet")
        found = {
            name: [(good.row_id, good.line) for good in read(tmp_path / name, mapping()).good]
            for name in ("sales.csv", "s.tsv", "s.json", "s.jsonl", "s.parquet")
        }
        (row_id, line) = found["sales.csv"][0]
        assert (line.ordered_at.isoformat(), line.line_total) == ("2026-07-01T11:00:00+00:00", Decimal(25))
        assert all(rows == [(row_id, line)] for rows in found.values())

    def test_orders_that_hold_their_lines_become_rows(self, tmp_path: Path) -> None:
        order = {
            "id": 7,
            "at": "2026-07-01T12:00:00Z",
            "lines": [{"n": {"en": "Pie"}, "p": 1.1}, {"n": {"en": "Tea"}, "p": 2}],
        }
        path = tmp_path / "orders.json"
        path.write_text(json.dumps({"meta": {"pages": [1, {"a": "]"}]}, "data": {"orders": [order] * 2}}))
        declared = mapping(
            {"order_number": "id", "ordered_at": "at", "item_name": "lines.n.en", "unit_price": "lines.p"},
            file={"records": "data.orders", "lines": "lines"},
            formats={"ordered_at": "iso"},
        )
        found = lines(path, declared)
        assert [(line.order_number, line.item_name, line.unit_price) for line in found] == [
            ("7", "Pie", Decimal("1.1")),
            ("7", "Tea", Decimal(2)),
        ] * 2
        assert found[0].ordered_at.isoformat() == "2026-07-01T12:00:00+00:00"

    def test_a_json_list_is_read_across_blocks_and_a_broken_one_is_named(self, tmp_path: Path) -> None:
        rows = [
            {"bill": str(n), "when": "2026-07-01 12:00", "item": "Pie" * 40, "qty": 1, "price": n} for n in range(1500)
        ]
        (tmp_path / "long.json").write_text(json.dumps(rows, indent=1))
        assert [line.unit_price for line in lines(tmp_path / "long.json", mapping())] == [
            Decimal(n) for n in range(1500)
        ]
        (tmp_path / "cut.json").write_text(json.dumps(rows)[:-30])
        with pytest.raises(UnreadableFile, match=r"cut\.json is not well-formed JSON"):
            read(tmp_path / "cut.json", mapping())

    def test_a_line_that_is_no_record_is_put_aside(self, tmp_path: Path) -> None:
        path = tmp_path / "s.jsonl"
        good = {"bill": "1", "when": "2026-07-01 12:00", "item": "Pie", "price": 1}
        half = {**good, "item": chr(0xD800)}
        path.write_text("\n".join((json.dumps(good), "{broken", "[1]", json.dumps(half))))
        assert problems(path, mapping()) == [("not_a_record", None), ("not_a_record", None), ("unusable_text", "item")]

    def test_each_hour_of_a_wide_row_becomes_a_line(self, tmp_path: Path) -> None:
        """Pies on 1 July: 2 at ten, none at eleven, 3 at noon, 1.50 each."""
        path = text_file(
            tmp_path, "2026-07-01,Pie,1.50,2,0,3", "2026-07-01,Tea,1,,-,", header="day,item,price,10h,11h,12h"
        )
        declared = mapping(
            {
                "order_number": "{day}/{hour}", "ordered_date": "day", "ordered_time": "{hour}:00",
                "item_name": "item", "quantity": "sold", "unit_price": "price",
            },
            wide={"pattern": r"(\d+)h", "label": "hour", "value": "sold"},
        )  # fmt: skip
        found = lines(path, declared)
        assert [(line.order_number, line.quantity, line.line_total) for line in found] == [
            ("2026-07-01/10", Decimal(2), Decimal(3)),
            ("2026-07-01/12", Decimal(3), Decimal("4.5")),
        ]
        assert found[0].ordered_at.isoformat() == "2026-07-01T09:00:00+00:00"

    def test_each_location_of_a_wide_row_has_its_own_line(self, tmp_path: Path) -> None:
        path = text_file(tmp_path, "2026-07-01,Pie,3,40", header="day,item,Riverside,Oslo")
        declared = mapping(
            {
                "order_number": "{day}",
                "ordered_date": "day",
                "item_name": "item",
                "line_total": "sum",
                "location": "shop",
            },
            wide={"columns": ["Riverside", "Oslo"], "label": "shop", "value": "sum"},
            locations={"Riverside": "RIV", "Oslo": "OSL"},
            defaults={"ordered_time": "12:00"},
        )
        found = read(path, declared, own=None).good
        assert [(row.place.code, row.line.line_total) for row in found] == [("RIV", Decimal(3)), ("OSL", Decimal(40))]


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_text_is_read_as_it_was_declared(self, tmp_path: Path, encoding: str) -> None:
        path = text_file(tmp_path, "1,2026-07-01 12:00,Crêpe,1,9", encoding=encoding)
        (line,) = lines(path, mapping(file={"encoding": encoding}))
        assert line.item_name == "Crêpe"


class TestHeader:
    def test_it_may_stand_below_titles(self, tmp_path: Path) -> None:
        """Line numbers stay those of an editor."""
        path = text_file(tmp_path, "", HEADER, "1,2026-07-01 12:00,Pie,1,2", "1,never,Pie,1,2", header="Sales report")
        found = read(path, mapping(file={"header_line": 3}))
        assert [(row.line_number, row.line.item_name) for row in found.good] == [(4, "Pie")]
        assert [row.line for row in found.bad] == [5]

    @pytest.mark.parametrize(
        ("text", "error", "words"),
        [
            (HEADER.replace(",", ";"), MissingColumns, "it looks delimited by ';': say file.delimiter"),
            (f"Sales report\n{HEADER}", MissingColumns, "say file.header_line"),
            ("%PDF-1.7", UnreadableFile, "a PDF"),
        ],
        ids=["semicolons", "title", "pdf"],
    )
    def test_what_is_none_says_the_way_out(self, tmp_path: Path, text: str, error: type[Exception], words: str) -> None:
        with pytest.raises(error, match=words):
            read(text_file(tmp_path, header=text), mapping())


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "comma", "value"),
        [
            ("1.234,50", True, "1234.50"), ("1 234,5", True, "1234.5"), ("1'234.50", False, "1234.50"),
            ("1,234.50", False, "1234.50"), ("£ 12.50", False, "12.50"), ("12.50 GBP", False, "12.50"), (".5", False, "0.5"),
        ],
    )  # fmt: skip
    def test_an_amount_is_read_in_the_tills_way_of_writing(
        self, tmp_path: Path, text: str, comma: bool, value: str
    ) -> None:
        path = text_file(tmp_path, f"1;2026-07-01 12:00;Pie;1;{text}", header=HEADER.replace(",", ";"))
        (line,) = lines(path, mapping(file={"delimiter": ";"}, formats={"decimal_comma": comma}))
        assert line.unit_price == Decimal(value)

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("€12.50", "wrong_currency"), ("12.50 USD", "wrong_currency"), ("$5", "wrong_currency"), ("12.5O", "not_a_number"),
            ("٣", "not_a_number"), ("1_000", "not_a_number"), ("inf", "not_a_number"), ("1.2345678", "not_a_number"),
        ],
    )  # fmt: skip
    def test_another_currency_or_no_number_is_named(self, tmp_path: Path, text: str, code: str) -> None:
        assert problems(text_file(tmp_path, f"1,2026-07-01 12:00,Pie,1,{text}"), mapping()) == [(code, "price")]

    def test_under_a_declared_comma_a_point_is_no_decimal_point(self, tmp_path: Path) -> None:
        """1.234 is a thousand and more; 12.5 would be a guess."""
        path = text_file(tmp_path, "1;2026-07-01 12:00;Pie;1;1.234", "2;2026-07-01 12:00;Pie;1;12.5", header=HEADER.replace(",", ";"))  # fmt: skip
        declared = mapping(file={"delimiter": ";"}, formats={"decimal_comma": True})
        found = read(path, declared)
        assert [row.line.unit_price for row in found.good] == [Decimal(1234)]
        assert [row.problem.code for row in found.bad] == ["not_a_number"]

    def test_a_currency_column_must_say_the_locations_currency(self, tmp_path: Path) -> None:
        path = text_file(
            tmp_path, "1,2026-07-01 12:00,Pie,1,1,GBP", "2,2026-07-01 12:00,Pie,1,1,EUR", header=f"{HEADER},cur"
        )
        assert problems(path, mapping({**COLUMNS, "currency": "cur"})) == [("wrong_currency", "cur")]

    def test_a_number_that_is_typed_is_never_read_as_text(self, tmp_path: Path) -> None:
        """1.234 in JSON is no thousand, although the till writes decimal commas in its texts."""
        row = {"bill": 1, "when": "2026-07-01 12:00", "item": "Pie", "qty": 1.234, "price": "1.234,5"}
        (tmp_path / "s.json").write_text(json.dumps([row]))
        (line,) = lines(tmp_path / "s.json", mapping(formats={"decimal_comma": True}))
        assert (line.quantity, line.unit_price) == (Decimal("1.234"), Decimal("1234.5"))


class TestMoments:
    def at(self, folder: Path, text: str, **changes: Any) -> Any:
        chunk = read(text_file(folder, f"1,{text},Pie,1,1"), mapping(**changes))
        return chunk.good[0].line.ordered_at.isoformat()[:16] if chunk.good else chunk.bad[0].problem

    def test_the_day_comes_first_where_the_mapping_says_so(self, tmp_path: Path) -> None:
        assert self.at(tmp_path, "03/04/2026 12:00", formats={"ordered_at": "%d/%m/%Y %H:%M"}) == "2026-04-03T11:00"

    def test_a_time_that_the_clocks_left_out_is_named_or_shifted(self, tmp_path: Path) -> None:
        """On 29 March 2026 London goes from 1:00 GMT to 2:00 BST: 1:30 never was; an hour later it is 2:30 BST, 1:30 UTC."""
        problem = self.at(tmp_path, "2026-03-29 01:30")
        assert (problem.code, problem.column) == ("time_missing", "when")
        assert "2026-03-29 01:30:00 does not exist in Europe/London" in problem.message
        assert self.at(tmp_path, "2026-03-29 01:30", clock_changes={"missing": "shift"}) == "2026-03-29T01:30"

    def test_a_time_that_came_twice_is_named_or_taken_as_declared(self, tmp_path: Path) -> None:
        """On 25 October 2026 London has 1:30 BST (0:30 UTC) and, an hour later, 1:30 GMT (1:30 UTC)."""
        assert self.at(tmp_path, "2026-10-25 01:30").code == "time_repeated"
        assert self.at(tmp_path, "2026-10-25 01:30", clock_changes={"repeated": "first"}) == "2026-10-25T00:30"
        assert self.at(tmp_path, "2026-10-25 01:30", clock_changes={"repeated": "second"}) == "2026-10-25T01:30"

    def test_a_time_with_its_offset_needs_no_rule(self, tmp_path: Path) -> None:
        assert self.at(tmp_path, "2026-10-25T01:30+00:00", formats={"ordered_at": "iso"}) == "2026-10-25T01:30"
        assert self.at(tmp_path, "1782907200", formats={"ordered_at": "epoch"}) == "2026-07-01T12:00"

    def test_the_tills_zone_may_be_another_than_the_restaurants(self, tmp_path: Path) -> None:
        """A till in Oslo (UTC+2) rings at 4:30, 3:30 in London: before the cut-off it is still yesterday there."""
        chunk = read(text_file(tmp_path, "1,2026-07-02 04:30,Pie,1,1"), mapping(time_zone="Europe/Oslo"))
        assert chunk.good[0].line.business_day == date(2026, 7, 1)


class TestContract:
    def test_a_renamed_column_is_named_with_its_likely_new_name(self, tmp_path: Path) -> None:
        path = text_file(tmp_path, "1,2026-07-01 12:00,Pie,1,1", header="bill,when,item,qty,Price ")
        with pytest.raises(MissingColumns, match=r"no column 'price' \(renamed to 'Price'\?\)"):
            read(path, mapping())

    def test_a_column_that_stands_twice_is_refused(self, tmp_path: Path) -> None:
        path = text_file(tmp_path, "1,2026-07-01 12:00,Pie,1,1", header="bill,when,item,price,price")
        with pytest.raises(MissingColumns, match="'price' more than once"):
            read(path, mapping({**{name: theirs for name, theirs in COLUMNS.items() if name != "quantity"}}))

    def test_a_column_that_is_written_otherwise_in_every_row_stops_the_file(self, tmp_path: Path) -> None:
        rows = [f"{number},07/31/2026 12:00,Pie,1,1" for number in range(30)]
        with pytest.raises(RetypedColumn, match=r"first 30 rows all fail in 'when'.*'07/31/2026 12:00'"):
            read(text_file(tmp_path, *rows), mapping())
        assert len(read(text_file(tmp_path, *rows, "31,2026-07-31 12:00,Pie,1,1"), mapping()).bad) == 30

    def test_a_nested_column_of_a_parquet_file_is_refused(self, tmp_path: Path) -> None:
        row = {"bill": "1", "when": "2026-07-01 12:00", "item": "Pie", "qty": 1, "price": [1.0]}
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / "s.parquet")
        with pytest.raises(RetypedColumn, match="'price' is of the type list"):
            read(tmp_path / "s.parquet", mapping())

    def test_records_without_the_column_are_named(self, tmp_path: Path) -> None:
        row = {"bill": "1", "time": "2026-07-01 12:00", "item": "Pie", "price": 1}
        (tmp_path / "s.jsonl").write_text("\n".join([json.dumps(row)] * 25))
        with pytest.raises(MissingColumns, match="no record has 'when'; the first has bill, time, item, price"):
            read(tmp_path / "s.jsonl", mapping())

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"columnz": {}}, "columnz: Extra inputs are not permitted"),
            (
                {"columns": {**COLUMNS, "item_name": "{a.__class__!r}"}},
                "columns.item_name: .*braces hold the name of a column",
            ),
            (
                {"columns": {"order_number": "a", "ordered_date": "b", "item_name": "c", "unit_price": "d"}},
                "ordered_time",
            ),
            ({"file": {"encoding": "klingon"}}, "'klingon' is no encoding"),
            ({"file": {"encoding": "rot13"}}, "'rot13' is no encoding"),
            ({"wide": {"pattern": "("}}, "the pattern is no regular expression"),
            ({"clock_changes": {"repeated": "third"}}, "clock_changes.repeated: Input should be"),
            ({"time_zone": "Mars/Olympus"}, "'Mars/Olympus' is no IANA time zone"),
        ],
    )
    def test_a_mapping_that_says_something_else_is_refused_by_entry(self, changes: dict[str, Any], reason: str) -> None:
        with pytest.raises(InvalidMapping, match=reason):
            parse_mapping({"columns": COLUMNS, **changes}, "till.yaml")
