"""What suppliers wrote: invoices beside the orders they bill, and the prices of their lists; from marts only.

Prices and amounts are in the document's currency, before tax, as decimals.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards.queries.core import NUMBER, Locations, frame


def billed_lines(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Invoiced lines of the period's documents that bill an order, the dearest difference first.

    `over_agreed` is the amount less its packs at the order's price, `over_receipt` packs billed of the ordered line
    less packs that came. `came_on` is the day of its last delivery, `known_on` the day on which the document was read.
    """
    return frame(
        """
        with came as (
            select purchase_order_line_id, max(cast(occurred_at as date)) as came_on
            from marts.fct_purchase_order_receipts
            where location_id = any(cast(%(places)s as uuid[]))
            group by purchase_order_line_id
        )

        select s.name, l.name, p.name, f.order_number, f.number, f.kind, f.issued_on, came.came_on, f.known_on,
            f.issued_on - came.came_on, f.packs_invoiced, f.agreed_price, f.invoiced_price, f.amount,
            f.amount_over_agreed, f.packs_over_receipt, f.currency
        from marts.fct_supplier_invoice_lines as f
        inner join marts.dim_supplier as s on f.supplier_id = s.supplier_id
        inner join marts.dim_location as l on f.location_id = l.location_id
        inner join marts.dim_product as p on f.product_id = p.product_id
        left join came on f.purchase_order_line_id = came.purchase_order_line_id
        where f.location_id = any(cast(%(places)s as uuid[])) and f.issued_on between %(first)s and %(last)s
            and f.match_status = 'matched'
        order by f.amount_over_agreed desc nulls last, f.issued_on desc, f.number, p.name
        """,
        {
            "supplier": pl.String,
            "location": pl.String,
            "product": pl.String,
            "order": pl.String,
            "document": pl.String,
            "kind": pl.String,
            "issued_on": pl.Date,
            "came_on": pl.Date,
            "known_on": pl.Date,
            "days_after": pl.Int64,
            "packs": NUMBER,
            "agreed_price": NUMBER,
            "invoiced_price": NUMBER,
            "amount": NUMBER,
            "over_agreed": NUMBER,
            "over_receipt": NUMBER,
            "currency": pl.String,
        },
        places=list(places),
        first=first,
        last=last,
    )


def list_prices(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Prices that suppliers' lists changed in the period, the steepest rise first; the same for every location."""
    del places
    return frame(
        """
        select s.name, coalesce(d.name, f.name), f.supplier_sku, f.valid_from, f.currency, f.previous_price,
            f.pack_price, f.price_change_rate, f.is_latest
        from marts.fct_supplier_prices as f
        inner join marts.dim_supplier as s on f.supplier_id = s.supplier_id
        left join marts.dim_product as d on f.product_id = d.product_id
        where f.valid_from between %(first)s and %(last)s and f.price_change <> 0
        order by f.price_change_rate desc, s.name, f.supplier_sku
        """,
        {
            "supplier": pl.String,
            "article": pl.String,
            "supplier_sku": pl.String,
            "valid_from": pl.Date,
            "currency": pl.String,
            "previous_price": NUMBER,
            "price": NUMBER,
            "change": NUMBER,
            "is_latest": pl.Boolean,
        },
        first=first,
        last=last,
    )
