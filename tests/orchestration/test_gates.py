"""Gates: what they find, what they stop, and what they only tell."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from ingestion.operational.source import load_ledger, load_reference
from orchestration.defs.quality import suites
from orchestration.lib.data_docs import INDEX, KEPT_RUNS, store_docs
from orchestration.lib.expectations import Store, as_usual, no_rows, store
from orchestration.lib.gates import run_gate
from orchestration.lib.object_store import FolderStore
from orchestration.lib.quality_results import Finding
from tests.ingestion.conftest import Kitchen
from tests.ingestion.documents.test_ubl import invoice
from tests.orchestration.conftest import Pipeline, execute

pytestmark = [pytest.mark.pipeline, pytest.mark.slow, pytest.mark.timeout(900)]


def failed(kitchen: Kitchen, stores: tuple[Store, ...], run_id: str = "run") -> dict[tuple[str, str], Finding]:
    """The findings that are not as expected, by table and expectation."""
    findings = run_gate("test", stores, warehouse_url=kitchen.pipeline_url, run_id=run_id)
    return {(each.store, each.expectation): each for each in findings if not each.success}


def blocking(found: dict[tuple[str, str], Finding]) -> set[tuple[str, str]]:
    """What would stop a run."""
    return {name for name, finding in found.items() if finding.is_blocking}


class TestLedgerGate:
    def test_what_would_make_the_marts_wrong_is_found_and_named(self, kitchen: Kitchen) -> None:
        """Ten grams came in. A quarter more in the ledger than in the balance, a product that is gone, a supplier twice, a
        kind that no mart knows and a dough that is made of bread that is made of the dough."""
        kitchen.write(10)
        kitchen.execute(
            "insert into products (id, sku, name, stock_unit) values"
            " ('00000000-0000-7000-8000-000000000001', 'DOUGH', 'Dough', 'g'),"
            " ('00000000-0000-7000-8000-000000000002', 'BREAD', 'Bread', 'g')"
        )
        load_reference(kitchen.pipeline_url, kitchen.pipeline_url)
        load_ledger(kitchen.pipeline_url, kitchen.pipeline_url)
        found = failed(kitchen, suites.LEDGER)
        assert set(found) == {("raw_operational.recipes", "every item on the menu has a recipe")}
        assert found.popitem()[1].examples == ({"code": "pie", "name": "Pie"},)

        for made, used in ((1, 2), (2, 1)):
            products = [f"00000000-0000-7000-8000-00000000000{each}" for each in (made, used)]
            kitchen.execute(
                "with recipe as (insert into recipes (product_id, yield_unit, effective_from) values (%s, 'g', %s) returning id)"
                " insert into recipe_lines (recipe_id, product_id, quantity, unit) select id, %s, 1, 'g' from recipe",
                products[0], date(2026, 1, made), products[1],
            )  # fmt: skip
        load_ledger(kitchen.pipeline_url, kitchen.pipeline_url)
        execute(kitchen.pipeline_url, "update raw_operational.stock_movements set quantity = 12.5, kind = 'gift'")
        execute(kitchen.pipeline_url, "delete from raw_operational.products where sku = 'FLOUR'")
        execute(kitchen.pipeline_url, "insert into raw_operational.suppliers select * from raw_operational.suppliers")
        found = failed(kitchen, suites.LEDGER)
        assert blocking(found) == {
            ("raw_operational.inventory_items", "Σ movements = on hand"),
            ("raw_operational.inventory_items", "every product is known"),
            ("raw_operational.stock_movements", "one_of(kind)"),
            ("raw_operational.suppliers", "unique(id)"),
            ("raw_operational.recipes", "no recipe contains itself"),
        }
        balance = found["raw_operational.inventory_items", "Σ movements = on hand"]
        assert (balance.examples[0]["on_hand"], balance.examples[0]["moved"]) == ("10.000000", "12.500000")
        (movement,) = kitchen.read("select id from raw_operational.stock_movements")
        assert found["raw_operational.stock_movements", "one_of(kind)"].examples == (
            {"kind": "gift", "id": movement[0]},
        )
        (cycle,) = found["raw_operational.recipes", "no recipe contains itself"].examples
        assert cycle == {"path": "DOUGH → BREAD → DOUGH", "effective_from": "2026-01-02"}
        kept = kitchen.read(
            "select severity, unexpected_count, sample->0->>'path', reason like '%%Take one%%' from raw_quality.results"
            " where not success and expectation = 'no recipe contains itself'"
        )
        assert kept == [("block", 1, "DOUGH → BREAD → DOUGH", True)]


class TestSalesGate:
    def test_what_is_odd_about_the_tills_lines_is_told_by_name(self, pipeline: Pipeline) -> None:
        """Nine weeks of a steady till, ten pies a day; then five days ago two pies, the same line twice, a wrong count and
        an item that nobody put on the menu. Nothing since."""
        today = date.today()
        days = [today - timedelta(days=back) for back in range(68, 5, -1)]
        steady = [f"{day:%m%d}-{n},{day} 12:00,pie,1,10,1" for day in days for n in range(10)]
        last = today - timedelta(days=5)
        from ingestion.pos.cli import drop_folder, import_dropped

        url = pipeline.kitchen.pipeline_url
        load_reference(url, url)
        pipeline.drop(*steady)
        import_dropped(drop_folder(), url)
        pipeline.drop(*steady, *[f"A,{last} 12:00,pie,1,10,2"] * 2, f"B,{last} 13:00,quiche,3,8,4")
        import_dropped(drop_folder(), url)
        found = failed(pipeline.kitchen, suites.SALES)
        assert blocking(found) == set()
        told = {expectation: finding.examples for (_, expectation), finding in found.items()}
        assert [row["order_number"] for row in told.pop("no exact duplicate line")] == ["A"]
        (wrong,) = told.pop("the stated line count is right")
        assert (wrong["order_number"], wrong["stated"], wrong["found"]) == ("B", "4", "1")
        (unmapped,) = told.pop("every sold item is on the menu")
        assert (unmapped["item_code"], unmapped["lines"], unmapped["units"]) == ("quiche", "1", "3.000000")
        (unusual,) = told.pop("each new day is as busy as its weekday")
        assert (unusual["business_day"], unusual["lines"], unusual["usual"]) == (str(last), "3", "10.0")
        (quiet,) = told.pop("no till has gone quiet")
        assert quiet == {"location_code": "RIV", "last_day": str(last), "days_ago": "5"}
        assert told == {}


class TestDocumentsGate:
    """What suppliers sent. The Mill was ordered from three times; one delivery of twenty days ago is billed, the other of
    that day is not, and that of five days ago need not be yet."""

    def test_nothing_is_expected_of_what_nobody_has_loaded(self, kitchen: Kitchen) -> None:
        assert run_gate("test", suites.DOCUMENTS, warehouse_url=kitchen.pipeline_url, run_id="run") == []

    def test_what_does_not_fit_orders_and_suppliers_is_told_and_damage_stops(
        self, kitchen: Kitchen, tmp_path: Path
    ) -> None:
        from ingestion.invoices.cli import import_invoices
        from ingestion.supplier_catalogs.cli import import_catalog

        today, url = date.today(), kitchen.pipeline_url
        kitchen.execute(
            "insert into purchase_orders (number, supplier_id, location_id, status, currency, received_at)"
            " select number, id, %s, 'received', 'GBP', now() - make_interval(days => days) from suppliers,"
            " (values ('PO-000012', 20), ('PO-000013', 20), ('PO-000014', 5)) as ordered (number, days)",
            kitchen.location_id,
        )
        kitchen.execute(
            "insert into supplier_products (supplier_id, product_id, supplier_sku, pack_name, pack_quantity, pack_unit, price,"
            " currency) select id, %s, 'F2', 'sack', 1000, 'g', 2, 'GBP' from suppliers",
            kitchen.product_id,
        )
        load_reference(url, url)
        load_ledger(url, url)
        bill = invoice().replace("2026-11-20", str(today - timedelta(days=30)))
        for number, ordered in (("R-1", "PO-000012"), ("R-2", "PO-999999")):
            path = tmp_path / f"{number}.xml"
            path.write_text(bill.replace("R-1", number).replace("PO-000012", ordered))
            import_invoices(path, warehouse_url=url)
        start, end = today - timedelta(days=60), today - timedelta(days=1)
        path = tmp_path / "list.csv"
        path.write_text(
            "sku,price,valid from,valid until\n"
            f"F1,1.00,{start},\nF1,1.51,{start + timedelta(days=30)},\nF2,2.00,{start},{end}\nF3,3.00,{start},{end}\n"
        )
        import_catalog(path, "MILL", warehouse_url=url)
        (document,) = kitchen.read("select document_id from raw_invoices.invoices where number = 'R-2'")
        found = failed(kitchen, suites.DOCUMENTS)
        assert blocking(found) == set()
        assert {name: finding.examples for (_, name), finding in found.items()} == {
            "no price in use has run out": (
                {"supplier_code": "MILL", "supplier_sku": "F2", "name": "", "valid_until": str(end)},
            ),
            "no price leaps": (
                {
                    "supplier_code": "MILL", "supplier_sku": "F1", "name": "", "valid_from": str(start + timedelta(days=30)),
                    "price": "1.510000", "price_before": "1.000000",
                },
            ),
            "every sender is known": (
                {
                    "supplier_name": "Alder", "supplier_key": "gln:5012345000015", "supplier_code": None, "documents": "1",
                    "first_number": "R-2",
                },
            ),
            "every delivery has its invoice": (
                {"number": "PO-000013", "supplier": "MILL", "received_on": str(today - timedelta(days=20))},
            ),
            "every order is known": (
                {"order_number": "PO-999999", "lines": "1", "document_id": document[0]},
            ),
            "every billed article is bought there": (
                {"order_number": "PO-000012", "supplier_sku": "BUTTER", "item_name": "Butter", "lines": "1"},
            ),
        }  # fmt: skip

        execute(url, "delete from raw_invoices.invoice_lines where order_number = 'PO-000012'")
        execute(
            url, "update raw_supplier_catalogs.prices set price = -price, currency = 'pounds' where supplier_sku = 'F3'"
        )
        assert blocking(failed(kitchen, suites.DOCUMENTS)) == {
            ("raw_invoices.invoices", "every stated line is there"),
            ("raw_supplier_catalogs.prices", "between(price)"),
            ("raw_supplier_catalogs.prices", "shaped(currency)"),
        }


class TestVolume:
    def test_a_table_that_lost_half_its_rows_is_told_against_its_own_history(self, kitchen: Kitchen) -> None:
        """Runs saw 10, 10 and 12 rows: the median is 10, so 5 are enough and 4 are not."""
        suite = (store("quality", "things", as_usual(), key=["id"]),)
        execute(kitchen.pipeline_url, "create schema if not exists quality; create table quality.things (id integer)")
        for run, rows in (("1", 10), ("2", 10), ("3", 12), ("4", 5)):
            execute(
                kitchen.pipeline_url,
                f"truncate quality.things; insert into quality.things select generate_series(1, {rows})",
            )
            assert failed(kitchen, suite, run) == {}
        execute(kitchen.pipeline_url, "delete from quality.things where id > 4")
        ((name, finding),) = failed(kitchen, suite, "5").items()
        assert (name, finding.observed, finding.is_blocking) == (("quality.things", "rows as usual"), "4", False)
        assert len(kitchen.read("select distinct run_id from raw_quality.results")) == 5

    def test_a_table_that_nobody_made_holds_nothing_bad(self, kitchen: Kitchen) -> None:
        elsewhere = no_rows(
            "nothing waits", "select * from raw_nobody.rows", reason="Look.", tables=["raw_nobody.rows"]
        )
        execute(kitchen.pipeline_url, "create schema if not exists quality; create table quality.things (id integer)")
        assert failed(kitchen, (store("quality", "things", elsewhere),)) == {}


class TestDocs:
    def test_pages_lie_with_the_exports_and_the_oldest_runs_go(self, kitchen: Kitchen, tmp_path: Path) -> None:
        execute(kitchen.pipeline_url, "create schema if not exists quality; create table quality.things (id integer)")
        suite = (store("quality", "things", as_usual(), key=["id"]),)
        site, objects = tmp_path / "site", tmp_path / "objects"
        run_gate("test", suite, warehouse_url=kitchen.pipeline_url, run_id="run", docs=site)
        kept = FolderStore(objects)
        for run in range(KEPT_RUNS + 2):
            key = store_docs(site, kept, f"run-{run}", "test")
            assert b"quality.things" in (kept.get(key) or b"")
        runs = sorted(path.name for path in (objects / "quality" / "docs").glob("run=*"))
        assert runs == [f"run=run-{run}" for run in range(2, KEPT_RUNS + 2)]
        assert b"run-8" in (kept.get(INDEX) or b"")
        pages = list((objects / "quality" / "docs" / "run=run-8" / "test").rglob("*.html"))
        assert any("unique" in page.read_text().lower() for page in pages)
