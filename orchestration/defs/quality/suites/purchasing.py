"""Suppliers, their prices, orders and what came of them."""

# ruff: noqa: S608 - the names in these queries are this module's own constants

from __future__ import annotations

from orchestration.defs.quality.suites.ledger import DAMAGED, UNKNOWN
from orchestration.defs.quality.suites.queries import RAW, refers
from orchestration.lib.expectations import as_usual, between, no_rows, one_of, present, store, told

ORDER_STATUSES = (
    "draft", "submitted", "approved", "sent", "partially_received", "received", "closed", "cancelled",
)  # fmt: skip
OVERDUE_DAYS = 3

OVERDUE = f"""
select own.number, supplier.code as supplier, own.expected_on
from {{batch}} as own inner join {RAW}.suppliers as supplier on supplier.id = own.supplier_id
where own.status in ('sent', 'partially_received') and own.expected_on < current_date - {OVERDUE_DAYS}
order by own.expected_on, own.number
"""

DRIFTED = f"""
select own.supplier_sku, own.price, history.price as newest_price, history.valid_from
from {{batch}} as own
inner join lateral (
    select price.price, price.valid_from from {RAW}.supplier_product_prices as price
    where price.supplier_product_id = own.id and price.valid_from <= now()
    order by price.valid_from desc, price.recorded_at desc limit 1
) as history on history.price <> own.price
"""

PURCHASING = (
    store(
        RAW,
        "suppliers",
        present("code", "currency", reason="Orders and invoices find the supplier by its code. Complete it."),
        between(
            "lead_time_days",
            0,
            365,
            reason="Orders are planned by it. Correct the lead time.",
        ),
        as_usual(),
        key=["id"],
    ),
    store(
        RAW,
        "supplier_products",
        refers("every supplier is known", "supplier_id", "suppliers"),
        refers("every product is known", "product_id", "products"),
        between("price", 0, None, reason="No pack costs less than nothing. Correct the price list."),
        between("pack_quantity", 0, None, above=True, reason="A pack must hold something. Correct the price list."),
        told(
            no_rows(
                "the price is the newest of its history",
                DRIFTED,
                reason="Orders would be made at another price than the history ends with. Load the price list again.",
            )
        ),
        as_usual(),
        key=["id"],
    ),
    store(
        RAW,
        "supplier_product_prices",
        refers("every article is known", "supplier_product_id", "supplier_products"),
        between("price", 0, None, reason="No pack costs less than nothing. Correct the price list."),
        key=["id"],
    ),
    store(
        RAW,
        "purchase_orders",
        one_of("status", ORDER_STATUSES, reason=UNKNOWN),
        refers("every supplier is known", "supplier_id", "suppliers"),
        refers("every location is known", "location_id", "locations"),
        told(
            no_rows(
                "no delivery is long overdue",
                OVERDUE,
                reason=f"Forecasts count on what was due {OVERDUE_DAYS} days ago. Receive, close or cancel it.",
            )
        ),
        key=["id"],
    ),
    store(
        RAW,
        "purchase_order_lines",
        between("packs_ordered", 0, None, above=True, reason=DAMAGED),
        between("packs_received", 0, None, reason=DAMAGED),
        refers("every order is known", "purchase_order_id", "purchase_orders"),
        refers("every product is known", "product_id", "products"),
        key=["id"],
    ),
    store(
        RAW,
        "purchase_order_receipts",
        refers("every order line is known", "purchase_order_line_id", "purchase_order_lines"),
        between("price", 0, None, reason="No pack costs less than nothing. Correct the receipt."),
        key=["id"],
    ),
)
