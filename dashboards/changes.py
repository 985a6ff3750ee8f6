"""What was changed of offers and recipes: a table each, on the pages about purchasing and about the menu."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from dashboards import parts, queries
from dashboards.metrics import Period, grouped, quantity_text, signed_percent

WORDS = {
    "price": "Price",
    "pack": "Pack",
    "currency": "Currency",
    "withdrawn": "No longer offered",
    "returned": "Back again",
    "added": "Added",
    "changed": "Quantity",
    "removed": "Taken out",
}


def show_offers(places: list[str], period: Period) -> None:
    """The house's own offers that changed; nothing where none did, or where the load has no such mart."""
    found = parts.ask_if_there(queries.offer_changes, places, period.first, period.last)
    if found is not None and not found.is_empty():
        parts.show_table("Offers that changed", found, "offer-changes", shown_offers(found))


def show_recipes(places: list[str], period: Period) -> None:
    """Recipes that changed; nothing where none did, or where the load has no such mart."""
    found = parts.ask_if_there(queries.recipe_changes, places, period.first, period.last)
    if found is not None and not found.is_empty():
        parts.show_table("Recipes that changed", found, "recipe-changes", shown_recipes(found))


def shown_offers(found: pl.DataFrame) -> pl.DataFrame:
    """For the eye: a dearer pack and a smaller one are both told by what a stock unit came to cost."""
    before = ["currency", "previous_price", "previous_pack_quantity", "previous_pack_unit"]
    now = ["currency", "price", "pack_quantity", "pack_unit"]
    is_offered = pl.col("change") != "withdrawn"
    told = found.with_columns(pl.when(is_offered).then(pl.col("price")), pl.when(is_offered).then(pl.col("rate")))
    return told.select(
        Known=pl.col("known_from").dt.date(),
        Supplier="supplier",
        Product="product",
        Change=pl.col("change").replace_strict(WORDS),
        Before=pl.Series([_pack(*row) for row in told.select(before).iter_rows()], dtype=pl.String),
        Now=pl.Series([_pack(*row) for row in told.select(now).iter_rows()], dtype=pl.String),
        Unit=pl.Series([None if each is None else signed_percent(each) for each in told["rate"]], dtype=pl.String),
    ).rename({"Known": "Known since", "Unit": "Per stock unit"})


def shown_recipes(found: pl.DataFrame) -> pl.DataFrame:
    """For the eye: gross quantities of the ingredient, for one unit of what is made."""

    def quantities(column: str) -> pl.Series:
        rows = found.select(column, "unit").iter_rows()
        texts = [None if quantity is None else f"{_exact(quantity)} {unit}" for quantity, unit in rows]
        return pl.Series(texts, dtype=pl.String)

    return found.select(
        Known=pl.col("known_from").dt.date(),
        Recipe="made",
        Ingredient="ingredient",
        Change=pl.col("change").replace_strict(WORDS),
        Before=quantities("previous_quantity"),
        Now=quantities("quantity"),
        Each=pl.format("1 {}", "yield_unit"),
    ).rename({"Known": "Known since", "Each": "For"})


def _pack(currency: str, price: Decimal | None, quantity: Decimal | None, unit: str | None) -> str | None:
    if price is None or quantity is None or unit is None:
        return None
    return f"{currency} {grouped(price, 2)} for {quantity_text(quantity, unit)}"


def _exact(quantity: Decimal) -> str:
    return f"{quantity.quantize(Decimal('0.001')).normalize():f}"
