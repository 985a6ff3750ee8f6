"""A price list's header and cells, without a database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from ingestion.documents.suppliers import Supplier
from ingestion.errors import InvalidMapping, MissingColumns, UnreadableFile, WrongEncoding
from ingestion.supplier_catalogs.lists import PriceList
from ingestion.supplier_catalogs.mapping import CatalogMapping, parse_mapping
from ingestion.supplier_catalogs.offers import BadOffer, Offer, OfferParser

MILL = Supplier("0198", "MILL", "GBP")


def offers(path: Path, mapping: CatalogMapping | None = None) -> list[Offer]:
    prices = PriceList(path, mapping or CatalogMapping())
    parser = OfferParser(prices.mapping, MILL)
    return [parser.parse(row.values) for row in prices.rows()]


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "prices.csv"
    path.write_bytes(text.encode(encoding))
    return path


class TestCsv:
    def test_the_header_tells_the_columns(self, tmp_path: Path) -> None:
        path = written(
            tmp_path, "Item Code,Description,EAN,Unit Price,Pack Size,UOM\nF1,Flour,5012345678900,12.50,1.5,KGM\n"
        )
        (found,) = offers(path)
        assert (found.supplier_sku, found.name, found.gtin) == ("F1", "Flour", "5012345678900")
        assert (found.price, found.pack_quantity, found.pack_unit) == (Decimal("12.50"), Decimal("1.5"), "kg")
        assert (found.currency, found.price_quantity, found.valid_from) == ("GBP", 1, None)

    def test_a_mapping_reads_semicolons_commas_and_days_first(self, tmp_path: Path) -> None:
        mapping = parse_mapping(
            {
                "file": {"delimiter": ";", "encoding": "cp1252"},
                "columns": {"supplier_sku": "Artikel", "price": "Preis", "name": "Bezeichnung", "valid_from": "Ab"},
                "formats": {"decimal_comma": True, "days": "%d.%m.%Y"},
            }
        )
        path = written(tmp_path, "Artikel;Bezeichnung;Preis;Ab\nK1;Käse;1.234,50;02.11.2026\n", "cp1252")
        (found,) = offers(path, mapping)
        assert (found.name, found.price, found.valid_from) == ("Käse", Decimal("1234.50"), date(2026, 11, 2))

    def test_a_header_that_says_no_price_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(MissingColumns, match="called like price"):
            offers(written(tmp_path, "Article,Name\nF1,Flour\n"))

    def test_another_encoding_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(WrongEncoding, match="say its encoding"):
            offers(written(tmp_path, "sku,price,name\nK1,1,Käse\n", "cp1252"))

    def test_a_mapping_with_an_unknown_key_is_named(self) -> None:
        with pytest.raises(InvalidMapping, match="colums"):
            parse_mapping({"colums": {}})


class TestXlsx:
    def test_numbers_and_days_are_what_a_person_typed(self, tmp_path: Path) -> None:
        path = tmp_path / "prices.xlsx"
        book = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet("Prices")
        sheet.write_row(0, 0, ["Article", "Price", "EAN", "Valid from", "Name"])
        sheet.write_row(1, 0, ["F1", 12.1, 5012345678900])
        sheet.write_datetime(1, 3, date(2026, 11, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
        book.close()
        (found,) = offers(path)
        assert (found.price, found.gtin, found.valid_from) == (Decimal("12.1"), "5012345678900", date(2026, 11, 2))

    def test_what_is_no_workbook_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "prices.xlsx"
        path.write_bytes(b"PK\x03\x04 and no more")
        with pytest.raises(UnreadableFile, match="no workbook"):
            offers(path)


class TestOffer:
    def test_a_case_without_unit_asks_for_one(self, tmp_path: Path) -> None:
        with pytest.raises(BadOffer, match="of which unit"):
            offers(written(tmp_path, "sku,price,pack size,unit\nF1,1.00,12,\n"))
