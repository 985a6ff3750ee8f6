"""raw/supplier_catalogs/prices and raw/invoices/*: what suppliers dropped."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext

from orchestration.lib import dropped, settings
from orchestration.lib.retries import only_passing_trouble_is_retried

PRICES = ["raw", "supplier_catalogs", "prices"]
INVOICES, LINES = ["raw", "invoices", "invoices"], ["raw", "invoices", "invoice_lines"]
SUPPLIERS = dg.AssetKey(["raw", "operational", "suppliers"])


@dg.asset(
    key=PRICES,
    deps=[SUPPLIERS],
    group_name="raw",
    kinds={"dlt", "postgres", "csv", "excel"},
    description="An article's price from a day on; price lists in SUPPLIER_CATALOG_DROP_PATH, a folder per supplier.",
    check_specs=[dropped.check_spec(PRICES)],
)
def supplier_prices(context: AssetExecutionContext) -> Iterator[Any]:
    """Import the price lists that were dropped since; a file that was read is known by its content."""
    from ingestion.supplier_catalogs.cli import DROPPED_PRICE_LISTS

    folder = DROPPED_PRICE_LISTS.address()
    with only_passing_trouble_is_retried():
        files = DROPPED_PRICE_LISTS.import_dropped(folder, settings.warehouse_url())
    metadata, check = dropped.report(context, files, folder)
    yield dg.MaterializeResult(asset_key=PRICES, metadata=metadata, check_results=[check])


@dg.multi_asset(
    name="load_invoices",
    specs=[
        dg.AssetSpec(
            key,
            deps=[SUPPLIERS],
            group_name="raw",
            kinds={"dlt", "postgres"},
            description=f"{what}; files in INVOICE_DROP_PATH (X12 810, UBL).",
        )
        for key, what in (
            (INVOICES, "Invoices and credit notes of suppliers, amounts as stated"),
            (LINES, "Their lines"),
        )
    ],
    check_specs=[dropped.check_spec(INVOICES)],
)
def load_invoices(context: AssetExecutionContext) -> Iterator[Any]:
    """Import the invoices that were dropped since; a file that was read is known by its content."""
    from ingestion.invoices.cli import DROPPED_INVOICES

    folder = DROPPED_INVOICES.address()
    with only_passing_trouble_is_retried():
        files = DROPPED_INVOICES.import_dropped(folder, settings.warehouse_url())
    metadata, check = dropped.report(context, files, folder)
    yield dg.MaterializeResult(asset_key=INVOICES, metadata=metadata, check_results=[check])
    yield dg.MaterializeResult(asset_key=LINES)


defs = dg.Definitions(assets=[supplier_prices, load_invoices])
