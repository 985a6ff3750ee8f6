"""What the demo's suppliers send is read without a difference, but for one misprint and one price."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from infra.demo import papers
from infra.demo.plan import Plan, make_plan
from infra.demo.restaurant import LOCATIONS, Restaurant
from ingestion.documents.model import Document
from ingestion.documents.reading import read_documents
from ingestion.documents.suppliers import Supplier
from ingestion.pos.mapping import mapping_beside
from ingestion.supplier_catalogs.lists import PriceList
from ingestion.supplier_catalogs.mapping import CatalogMapping, load_mapping
from ingestion.supplier_catalogs.offers import BadOffer, Offer, OfferParser

TODAY = date(2026, 11, 22)
RESTAURANT = Restaurant()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(RESTAURANT, TODAY, days=100)


@pytest.fixture(scope="module")
def folder(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that was dropped, written twice: the second time leaves every file as it is."""
    folder = tmp_path_factory.mktemp("drop")
    files = papers.drop(
        folder, RESTAURANT, plan, TODAY, lambda order: f"PO-{order.location}-{order.expected_on:%Y%m%d}"
    )
    before = {path: path.stat().st_mtime_ns for path in files}
    assert papers.drop(folder, RESTAURANT, plan, TODAY, lambda _: "PO-other") == files
    assert {path: path.stat().st_mtime_ns for path in files} == before
    assert not list(folder.rglob("*.partial"))
    return folder


def offers(path: Path) -> tuple[list[Offer], list[BadOffer]]:
    beside = mapping_beside(path)
    listed = PriceList(path, load_mapping(beside) if beside else CatalogMapping())
    parser = OfferParser(listed.mapping, Supplier("id", path.parent.name, "USD"))
    good, bad = [], []
    for row in listed.rows():
        try:
            good.append(parser.parse(row.values))
        except BadOffer as error:
            bad.append(error)
    return good, bad


def documents(path: Path) -> list[Document]:
    found = list(read_documents(path))
    assert all(isinstance(each, Document) and not each.findings for each in found), found
    return [each for each in found if isinstance(each, Document)]


class TestPriceLists:
    def test_they_hold_every_price_of_their_suppliers(self, folder: Path, plan: Plan) -> None:
        """Three ways of writing, one of them with semicolons and decimal commas; all say what the restaurant says."""
        for name in ("HUDSON/hudson-prices.csv", "BIANCHI/listino.csv", "ALDER/alder-valley-prices.xlsx"):
            good, _ = offers(folder / "supplier_catalogs" / name)
            said = {(each.supplier_sku, each.valid_from, each.price) for each in good}
            known = papers.prices(RESTAURANT, plan, name.partition("/")[0], TODAY)
            misprinted = [each for each in known if each.supplier_sku == papers.MISPRINTED][-1:]
            missing = {(each.supplier_sku, each.since, each.price) for each in known} - said
            assert missing == {(each.supplier_sku, each.since, each.price) for each in misprinted}
            assert len(said) == len(good) == len(known) - len(missing)
        flour = next(each for each in good if each.supplier_sku == "A-101")
        assert (flour.pack_quantity, flour.pack_unit) == (12, "kg")  # a case of 6 × 2 kg

    def test_one_line_waits_for_a_repair(self, folder: Path) -> None:
        _, bad = offers(folder / "supplier_catalogs" / "HUDSON" / "hudson-prices.csv")
        assert [(each.problem.code, each.problem.column) for each in bad] == [("number", "Price")]
        assert "'15.9O'" in bad[0].problem.message


class TestInvoices:
    def test_they_add_up_and_name_their_orders(self, folder: Path, plan: Plan) -> None:
        """Every order of eight weeks, one document each, billed for what came."""
        found = documents(folder / "invoices" / "HUDSON" / "hudson-invoices.edi")
        orders = papers.recent(plan, "HUDSON", tuple(LOCATIONS))
        assert [each.order_number for each in found] == [
            f"PO-{order.location}-{order.expected_on:%Y%m%d}" for order in orders
        ]
        assert {order.location for order in orders} == set(LOCATIONS)
        assert len({each.number for each in found}) == len(found)
        assert len(found) >= 3
        for document, order in zip(found, orders, strict=True):
            came = sum(sum(delivery.packs.values()) for delivery in order.deliveries)
            assert sum(line.quantity.value for line in document.lines if line.quantity) == came
            assert document.issued_on == papers.came_on(order)
            assert {line.quantity.unit for line in document.lines if line.quantity} == {None}  # packs

    def test_one_comes_weeks_late_and_asks_more(self, folder: Path, plan: Plan) -> None:
        """Eight percent on its largest line, five weeks or more after the goods."""
        (late,) = documents(folder / "invoices" / "BIANCHI" / "fattura-tardiva.xml")
        order = papers.late_order(plan, "BIANCHI")
        assert order is not None
        assert late.issued_on == plan.last_day
        assert plan.last_day - papers.came_on(order) >= timedelta(weeks=5)
        agreed = {line.offer.supplier_sku: line.price for line in order.lines}
        noted = {line.offer.supplier_sku: note.prices.get(line.offer.sku) for note in order.deliveries for line in order.lines}  # fmt: skip
        dearer = {
            line.item.supplier_sku: line.price.amount
            / (noted[line.item.supplier_sku] or agreed[line.item.supplier_sku])
            for line in late.lines
            if line.price and line.item.supplier_sku
        }
        assert max(dearer.values()) == pytest.approx(Decimal("1.08"), abs=Decimal("0.001"))
        assert sum(ratio != 1 for ratio in dearer.values()) == 1
