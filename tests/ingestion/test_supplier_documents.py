"""Price lists and invoices into one warehouse: loaded once, contradictions kept apart, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import IngestionError, RetypedColumn, UnknownSupplier, UnrepairableRow
from ingestion.invoices import cli as bills
from ingestion.quarantine.replay import Replayed, replay
from ingestion.quarantine.store import Filter, list_rows, repair
from ingestion.supplier_catalogs import cli as catalogs
from tests.conftest import Database
from tests.ingestion.conftest import Kitchen, make_kitchen
from tests.ingestion.documents.test_ubl import invoice
from tests.ingestion.documents.test_x12 import INVOICE, TestOrderAndCatalog, group, interchange

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def kitchen(clone_database: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    """One kitchen for this file: each test has suppliers, articles and document numbers of its own."""
    with pytest.MonkeyPatch.context() as patch:
        yield make_kitchen(clone_database("documents"), tmp_path_factory.mktemp("home"), patch)


def save(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


class TestCatalog:
    def test_undated_prices_are_a_history_of_changes(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """Ten pounds, eleven, then ten again: three rows; the same list under another name adds none."""

        def load(name: str, price: str) -> tuple[int, int, int]:
            path = save(tmp_path, name, f"sku,name,price\nF1,Flour,{price}\nF1,Flour,{price}\nF2,Salt,1.00\n")
            found = catalogs.import_catalog(path, "MILL", warehouse_url=kitchen.pipeline_url)
            return found["rows_loaded"], found["rows_already_known"], found["rows_quarantined"]

        assert load("a.csv", "10.00") == (2, 1, 0)
        assert load("b.csv", "11.00") == (1, 2, 0)
        assert load("c.csv", "10.0") == (1, 2, 0)
        assert load("d.csv", "10.00") == (0, 3, 0)
        rows = kitchen.read(
            "select price from raw_supplier_catalogs.prices where supplier_sku = 'F1' order by loaded_at"
        )
        assert [row[0] for row in rows] == [10, 11, 10]

    def test_an_article_with_two_prices_waits_and_is_loaded_once_it_is_another(
        self, kitchen: Kitchen, tmp_path: Path
    ) -> None:
        path = save(tmp_path, "twice.csv", "sku,price,valid from\nT1,1.00,2026-11-01\nT1,2.00,2026-11-01\n")
        found = catalogs.import_catalog(path, "MILL", warehouse_url=kitchen.pipeline_url)
        assert (found["rows_loaded"], found["quarantine_reasons"]) == (1, {"article_twice": 1})
        (row,) = list_rows(kitchen.pipeline_url, Filter(source="supplier_catalogs", file="twice.csv"))
        assert (row.line, row.column) == (3, "sku")
        assert replay(kitchen.pipeline_url, [row.id]).failed == 1
        repair(kitchen.pipeline_url, row.id, {"sku": "T2"}, by="test")
        assert replay(kitchen.pipeline_url, [row.id]).loaded == 1
        assert kitchen.read("select price from raw_supplier_catalogs.prices where supplier_sku = 'T2'") == [(2,)]

    def test_a_mended_list_of_the_same_name_settles_its_rows(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """The price that waited stands on its line now; the article that was missing is another one's line."""
        url = kitchen.pipeline_url
        wrong = save(tmp_path, "mend.csv", "sku,price\nM1,1.0O\n,2.00\nM3,3.00\n")
        assert catalogs.import_catalog(wrong, "MILL", warehouse_url=url)["rows_quarantined"] == 2
        right = save(tmp_path, "mend.csv", "sku,price\nM1,1.00\nM2,2.00\nM3,3.00\n")
        assert catalogs.import_catalog(right, "MILL", warehouse_url=url)["rows_loaded"] == 2
        states = {row.line: row.state for row in list_rows(url, Filter(file="mend.csv"))}
        assert states == {2: "loaded", 3: "pending"}

    def test_documents_load_by_the_same_rules(self, kitchen: Kitchen, tmp_path: Path) -> None:
        good = TestOrderAndCatalog()
        x12 = good.set_of("832", "SC", good.CATALOG.replace("CUR*SE*USD", "CUR*SE*GBP"))
        refused = x12.replace("CTT*1", "CTT*5")
        first = catalogs.import_catalog(save(tmp_path, "autumn.edi", x12), "MILL", warehouse_url=kitchen.pipeline_url)
        again = catalogs.import_catalog(save(tmp_path, "copy.edi", x12), "MILL", warehouse_url=kitchen.pipeline_url)
        wrong = catalogs.import_catalog(save(tmp_path, "bad.edi", refused), "MILL", warehouse_url=kitchen.pipeline_url)
        other = catalogs.import_catalog(
            save(tmp_path, "inv.xml", invoice()), "MILL", warehouse_url=kitchen.pipeline_url
        )
        assert (first["rows_loaded"], again["rows_loaded"]) == (1, 0)
        assert (wrong["quarantine_reasons"], other["quarantine_reasons"]) == ({"CTT01": 1}, {"NOT_A_CATALOGUE": 1})
        query = "select price, pack_units, pack_quantity, pack_unit, valid_from::text from raw_supplier_catalogs.prices"
        assert kitchen.read(query + " where supplier_sku = 'MILK'") == [(24, 12, 1, "l", "2026-11-01")]

    def test_a_list_of_which_every_row_fails_alike_has_changed(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """Twenty prices in words: nothing is loaded, and no row waits for a repair that none of them needs."""
        path = save(tmp_path, "words.csv", "sku,price\n" + "".join(f"W{n},one pound\n" for n in range(20)))
        with pytest.raises(RetypedColumn, match=r"words.csv: the first 20 rows all fail in 'price' \('one pound'"):
            catalogs.import_catalog(path, "MILL", warehouse_url=kitchen.pipeline_url)
        assert list_rows(kitchen.pipeline_url, Filter(file="words.csv")) == []

    def test_an_unknown_supplier_is_named_with_those_there_are(self, kitchen: Kitchen, tmp_path: Path) -> None:
        with pytest.raises(UnknownSupplier, match="MILL"):
            catalogs.import_catalog(
                save(tmp_path, "a.csv", "sku,price\nA,1\n"), "NOBODY", warehouse_url=kitchen.pipeline_url
            )

    def test_a_drop_folder_goes_on_after_an_unusable_file(self, kitchen: Kitchen, tmp_path: Path) -> None:
        (tmp_path / "MILL").mkdir()
        save(tmp_path, "MILL/prices.csv", "sku,price\nDROP,3.00\n")
        save(tmp_path, "MILL/words.csv", "hello\nworld\n")
        save(tmp_path, "nobody.csv", "sku,price\nA,1\n")
        dropped = {
            each.name: each for each in catalogs.DROPPED_PRICE_LISTS.import_dropped(tmp_path, kitchen.pipeline_url)
        }
        assert dropped["MILL/prices.csv"].figures is not None
        assert "no column that is called like supplier_sku or price" in str(dropped["MILL/words.csv"].error)
        assert "--supplier CODE" in str(dropped["nobody.csv"].error)


class TestInvoices:
    def load(self, kitchen: Kitchen, path: Path) -> dict[str, Any]:
        return bills.import_invoices(path, warehouse_url=kitchen.pipeline_url)

    def test_a_file_loads_once_and_another_content_of_the_number_is_a_conflict(
        self, kitchen: Kitchen, tmp_path: Path
    ) -> None:
        """Two invoices of 102.25 and a credit of 102.25: 102.25 to pay; the third is the first one again."""
        one, two = INVOICE.replace("INV-7", "C-1"), INVOICE.replace("INV-7", "C-2")
        credit = INVOICE.replace("INV-7", "C-3").replace("***DI", "***CR")
        first = self.load(kitchen, save(tmp_path, "a.edi", interchange(group([one, two, credit, one]))))
        assert (first["documents_loaded"], first["documents_already_known"], first["lines_loaded"]) == (3, 1, 6)
        assert first["payable_loaded"] == {"USD": "102.25"}

        again = self.load(kitchen, save(tmp_path, "b.edi", interchange(group([two, credit]))))
        assert (again["documents_loaded"], again["documents_already_known"]) == (0, 2)
        other = one.replace("25**VN*BUTTER", "25**VN*CREAM").replace("*2.50**VN*BUTTER", "*2.50**VN*CREAM")
        for _ in range(2):
            conflict = self.load(kitchen, save(tmp_path, "c.edi", interchange(group([other]))))
            assert (conflict["documents_loaded"], conflict["quarantine_reasons"]) == (0, {"CONFLICT": 1})
        (row,) = list_rows(kitchen.pipeline_url, Filter(source="invoices", code="CONFLICT"))
        assert (row.line, row.column, row.figures["payable"]) == (1, "ISA[1]/GS[1]/ST[1]", "102.25")

        signed = "select sum(sign * payable), sum(line_count) from raw_invoices.invoices where number like 'C-%%'"
        assert kitchen.read(signed) == [(Decimal("102.25"), 6)]

    def test_what_does_not_add_up_waits_by_its_rule(self, kitchen: Kitchen, tmp_path: Path) -> None:
        wrong = self.load(kitchen, save(tmp_path, "a.xml", invoice(payable="8.41").replace("R-1", "W-1")))
        order = self.load(kitchen, save(tmp_path, "b.xml", "<a/>"))
        assert (wrong["quarantine_reasons"], order["quarantine_reasons"]) == ({"BR-CO-16": 1}, {"NOT_UBL": 1})
        (row,) = list_rows(kitchen.pipeline_url, Filter(source="invoices", code="BR-CO-16"))
        assert row.column == "Invoice/LegalMonetaryTotal[1]"
        assert row.figures == {"payable": "8.41", "currency": "GBP"}
        assert kitchen.read("select count(*) from raw_invoices.invoices where number = 'W-1'") == [(0,)]

    def test_a_document_that_waits_is_settled_by_the_mended_one(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """It has no cells to repair; its replay finds it once the supplier has sent it again, and not before."""
        url, right = kitchen.pipeline_url, invoice().replace("R-1", "W-2")
        self.load(kitchen, save(tmp_path, "wrong.xml", invoice(payable="8.41").replace("R-1", "W-2")))
        (row,) = list_rows(url, Filter(source="invoices", file="wrong.xml"))
        with pytest.raises(UnrepairableRow, match=r"no cells to repair: let wrong\.xml be sent again"):
            repair(url, row.id, {"payable": "8.40"}, by="test")
        assert replay(url, [row.id]) == Replayed(tried=1, failed=1)
        self.load(kitchen, save(tmp_path, "right.xml", right))
        assert replay(url, [row.id]) == Replayed(tried=1, known=1)

    def test_currencies_are_the_suppliers_or_refused(self, kitchen: Kitchen, tmp_path: Path) -> None:
        """An 810 without CUR is in the supplier's pounds where its folder says whose it is; dollars wait."""
        silent = save(tmp_path, "silent.edi", interchange(group([INVOICE.replace("INV-7", "Y-1").replace("CUR*SE*USD~", "").replace("SE*12", "SE*11")])))  # fmt: skip
        dollars = save(tmp_path, "usd.edi", interchange(group([INVOICE.replace("INV-7", "Y-2")])))
        url = kitchen.pipeline_url
        assert bills.import_invoices(silent, "MILL", url)["documents_loaded"] == 1
        assert bills.import_invoices(dollars, "MILL", url)["quarantine_reasons"] == {"OTHER_CURRENCY": 1}
        assert kitchen.read("select number, currency from raw_invoices.invoices where number like 'Y-%%'") == [
            ("Y-1", "GBP")
        ]

    def test_a_ubl_invoice_is_kept_with_its_order_and_unit(self, kitchen: Kitchen, tmp_path: Path) -> None:
        figures = self.load(kitchen, save(tmp_path, "a.xml", invoice()))
        assert figures["payable_loaded"] == {"GBP": "8.40"}
        query = (
            "select l.order_number, l.supplier_sku, l.quantity, l.unit, l.price, l.price_quantity, l.net_amount, i.supplier_key"
            " from raw_invoices.invoice_lines l join raw_invoices.invoices i using (document_id) where i.number = 'R-1'"
        )
        expected = ("PO-000012", "BUTTER", 2, "kg", 30, 10, 5, "gln:5012345000015")
        assert kitchen.read(query) == [expected]

    def test_a_file_that_is_not_there_is_named(self, kitchen: Kitchen, tmp_path: Path) -> None:
        with pytest.raises(IngestionError, match="cannot be read"):
            self.load(kitchen, tmp_path / "none.xml")


def test_a_database_without_suppliers_says_what_to_run(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(UnknownSupplier, match="stockpot migrate"):
        catalogs.import_catalog(
            save(tmp_path, "a.csv", "sku,price\nA,1\n"), "MILL", warehouse_url=empty_database.owner_url
        )
