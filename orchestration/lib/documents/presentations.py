"""Which question a report answers, with which number, seen by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

MONEY = ("value", "sales", "cost", "margin", "price")
NAMED = {"product_id": "product", "location_id": "location", "supplier_id": "supplier", "menu_item_id": "menu item"}
"""Columns of ids that people read as names, and what the names are of."""
TEXTS = ("item_name", "category", "kind", "reason_code", "status", "source", "number")


@dataclass(frozen=True)
class Presentation:
    """A page's title, the column that answers it, and the column that its bars stand for.

    With `out_of` the answer is a rate: the sum of `measure` over the sum of `out_of`. `trouble` is a column that is
    true for rows that want somebody's attention, `trouble_word` what such a row is then called.
    """

    question: str
    measure: str | None
    by: str | None
    out_of: str | None = None
    trouble: str | None = None
    trouble_word: str = "attention"


SHORT = {"trouble": "is_below_reorder", "trouble_word": "reorder"}
KNOWN = {
    "low_stock": Presentation("What runs short?", "value", "product_id", **SHORT),
    "fct_stock_on_hand_daily": Presentation("What is on the shelf?", "value", "product_id", **SHORT),
    "fct_stock_movements": Presentation("What moved?", "value_delta", "kind"),
    "fct_sales": Presentation("What was sold?", "net_sales", "item_name"),
    "fct_theoretical_usage": Presentation("What should the sales have used?", "quantity", "product_id"),
    "fct_purchase_order_lines": Presentation("What is ordered, and from whom?", "ordered_value", "supplier_id"),
    "fct_supplier_performance": Presentation(
        "Who delivers on time and in full?", "lines_otif", "supplier_id", out_of="lines_due"
    ),
    "fct_waste": Presentation("What was thrown away?", "value", "product_id"),
    "fct_inventory_value_daily": Presentation("What is the stock worth?", "value", "category"),
    "fct_stockouts": Presentation("What did running out cost?", "lost_sales", "product_id"),
    "fct_food_cost": Presentation("What does a sale cost in food?", "use_value", "location_id", out_of="net_sales"),
    "fct_actual_vs_theoretical": Presentation("Where did the money go?", "unexplained_value", "product_id"),
    "fct_menu_engineering": Presentation("Which dishes sell?", "net_sales", "menu_item_id"),
    "fct_restatements": Presentation("What changed after the fact?", "value_delta", "product_id"),
    "fct_product_classes": Presentation("Which products matter most?", "use_value", "product_id"),
}
"""By the report's code, else by its mart; any other mart is presented by its columns."""


def presentation(code: str, mart: str, title: str, schema: pa.Schema) -> Presentation:
    """The presentation of a report whose rows have this schema; what it names and the rows lack is left out."""
    found = KNOWN.get(code) or KNOWN.get(mart)
    if found is None or found.measure not in schema.names:
        measure = _measure(schema)
        return Presentation(found.question if found else title, measure, _dimension(schema.names))
    by = found.by if found.by in schema.names else _dimension(schema.names)
    out_of = found.out_of if found.out_of in schema.names else None
    trouble = found.trouble if found.trouble in schema.names else None
    return Presentation(found.question, found.measure, by, out_of, trouble, found.trouble_word)


def is_money(name: str) -> bool:
    """Whether a column of this name holds an amount of the row's currency."""
    return any(word in name for word in MONEY)


def _measure(schema: pa.Schema) -> str | None:
    """The first amount of money, else the first decimal."""
    decimals = [field.name for field in schema if pa.types.is_decimal(field.type)]
    return next((name for name in decimals if is_money(name)), decimals[0] if decimals else None)


def _dimension(names: Sequence[str]) -> str | None:
    return next((name for name in (*NAMED, *TEXTS) if name in names), None)
