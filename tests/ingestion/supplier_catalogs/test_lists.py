"""Price lists as people send them: read as they were meant, or refused by a sentence that says the way out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ingestion.documents.suppliers import Supplier
from ingestion.errors import IngestionError, MissingColumns, UnreadableFile, WrongEncoding
from ingestion.supplier_catalogs import lists
from ingestion.supplier_catalogs.lists import PriceList
from ingestion.supplier_catalogs.mapping import parse_mapping
from ingestion.supplier_catalogs.offers import BadOffer, Offer, OfferParser

MILL = Supplier("id", "MILL", "GBP")
COMMA = {"file": {"delimiter": ";"}, "formats": {"decimal_comma": True, "days": "%d/%m/%Y"}}


def read(tmp_path: Path, content: str | bytes, mapping: dict[str, Any] | None = None) -> list[Offer | str]:
    """Each row's offer, or the code of why it is none."""
    path = tmp_path / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    listed = PriceList(path, parse_mapping(mapping))
    parser, found = OfferParser(listed.mapping, MILL), list[Offer | str]()
    for row in listed.rows():
        try:
            found.append(parser.parse(row.values))
        except BadOffer as error:
            found.append(error.problem.code)
    return found


def prices(found: list[Offer | str]) -> list[Decimal | str | None]:
    return [each if isinstance(each, str) else each.price for each in found]


def workbook(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class TestNumbers:
    def test_a_sign_must_be_the_suppliers(self, tmp_path: Path) -> None:
        found = read(tmp_path, 'sku,price\nA,£1.20\nB,1.20 GBP\nC,€1.20\nD,"£1,234.50"\nE,$1\n')
        expected = [Decimal("1.20"), Decimal("1.20"), "other_currency", Decimal("1234.50"), "other_currency"]
        assert prices(found) == expected

    def test_under_a_declared_comma_a_point_is_no_decimal_point(self, tmp_path: Path) -> None:
        """1.234 is a thousand and more; 12.5 would be a guess, so it waits."""
        found = read(tmp_path, "sku;price\nA;1.234,50\nB;1.234\nC;12.5\n", COMMA)
        assert prices(found) == [Decimal("1234.50"), 1234, "number"]

    def test_a_typed_cell_is_what_it_is_whatever_is_declared_for_texts(self, tmp_path: Path) -> None:
        """1.234 typed is one pound and a bit, 1.234 written under a declared comma a thousand; days in the same way."""
        found = read(
            tmp_path,
            workbook(
                ["sku", "price", "valid from"],
                ["A", 1.234, date(2026, 4, 3)],
                ["B", "1.234", "03/04/2026"],
                ["C", 12, datetime(2026, 4, 3, 12)],
                ["D", True, None],
            ),
            {"formats": COMMA["formats"]},
        )
        assert prices(found) == [Decimal("1.234"), 1234, 12, "number"]
        days = [each.valid_from for each in found if isinstance(each, Offer)]
        assert days == [date(2026, 4, 3)] * 3


class TestHeader:
    def test_it_is_the_first_line_that_is_not_blank_or_the_one_that_is_named(self, tmp_path: Path) -> None:
        plain = "sku,price\nA,1\n"
        assert prices(read(tmp_path, f"\n,\n{plain}")) == [1]
        titled = {"file": {"header_line": 3}}
        assert prices(read(tmp_path, f"Price list 2026,\n,\n{plain}", titled)) == [1]
        sheet = workbook(["Price list"], [], ["sku", "price", "name"], ["A", 1], ["B", 2, "Bran"])
        assert prices(read(tmp_path, sheet, titled)) == [1, 2]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("sku;price\nA;1\n", "it looks delimited by ';': say file.delimiter"),
            ("sku\tprice\nA\t1\n", r"it looks delimited by '\\t'"),
            ("Price list 2026,\nsku,price\nA,1\n", "if titles stand above the header, say file.header_line"),
            ("sku,price,price\nA,1,2\n", "has the column 'price' more than once"),
        ],
        ids=["semicolons", "tabs", "title", "twice"],
    )
    def test_one_that_tells_nothing_says_the_way_out(self, tmp_path: Path, text: str, words: str) -> None:
        with pytest.raises(MissingColumns, match=words):
            read(tmp_path, text)


class TestOtherKinds:
    @pytest.mark.parametrize(
        ("content", "error", "words"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), UnreadableFile, "an old Excel workbook"),
            (b"%PDF-1.7\n", UnreadableFile, "a PDF: ask for the figures as CSV"),
            (b"\x1f\x8b\x08" + bytes(9), UnreadableFile, "a gzip archive: unpack it"),
            ("sku,price\nA,1\n".encode("utf-16"), WrongEncoding, "file.encoding.; it begins as UTF-16 does"),
            ("sku,name,price\nA,Purée,1\n".encode("cp1252"), WrongEncoding, "is not utf-8 text"),
            (b'sku,price\nA,"' + b"x" * 200_000, UnreadableFile, "line 2: field larger than .*never closed"),
        ],
        ids=["xls", "pdf", "gzip", "utf-16", "cp1252", "quote"],
    )
    def test_they_are_named(self, tmp_path: Path, content: bytes, error: type[IngestionError], words: str) -> None:
        with pytest.raises(error, match=words):
            read(tmp_path, content)

    def test_a_workbook_that_would_fill_memory_with_its_texts_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lists, "MAX_TEXTS", 100)
        stream = io.BytesIO(workbook(["sku", "price"], ["A", 1]))
        with zipfile.ZipFile(stream, "a") as archive:
            archive.writestr(lists.SHARED_TEXTS, "x" * 101)
        with pytest.raises(UnreadableFile, match="101 bytes of texts"):
            read(tmp_path, stream.getvalue())
