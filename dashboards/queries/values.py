"""What stock is worth, how it became known, and what goods cost; from marts only, for named locations only.

Quantities are in stock units, money in the location's currency, both as decimals.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards.queries.core import NUMBER, Locations, frame


def stock_value_by_category(places: Locations, first: date, last: date) -> pl.DataFrame:
    """The stock's value per category and currency on the last day of the period and on the day before it began."""
    return frame(
        """
        select category, currency,
            coalesce(sum(value) filter (where business_day = %(last)s), 0),
            coalesce(sum(value) filter (where business_day = cast(%(first)s as date) - 1), 0),
            coalesce(sum(items_below_zero) filter (where business_day = %(last)s), 0)
        from marts.fct_inventory_value_daily
        where location_id = any(cast(%(places)s as uuid[])) and business_day in (%(last)s, cast(%(first)s as date) - 1)
        group by category, currency
        order by 3 desc, category
        """,
        {"category": pl.String, "currency": pl.String, "value": NUMBER, "before": NUMBER, "below_zero": pl.Int64},
        places=list(places),
        first=first,
        last=last,
    )


def product_classes(places: Locations) -> pl.DataFrame:
    """ABC and XYZ class of each product at each location: the key to how closely it is watched."""
    return frame(
        """
        select cast(c.location_id as text), cast(c.product_id as text), c.abc_class, c.xyz_class, c.use_value,
            c.currency
        from marts.fct_product_classes as c
        where c.location_id = any(cast(%(places)s as uuid[]))
        """,
        {
            "location_id": pl.String,
            "product_id": pl.String,
            "abc": pl.String,
            "xyz": pl.String,
            "use_value": NUMBER,
            "currency": pl.String,
        },
        places=list(places),
    )


def restatements(places: Locations, first: date, last: date) -> pl.DataFrame:
    """What became known of the period's days after they were over, by day known; sales booked overnight left out."""
    return frame(
        """
        select r.known_on, l.name, p.name, r.kind, r.source, min(r.business_day), max(r.days_late),
            sum(r.quantity_delta), p.stock_unit, sum(r.value_delta), r.currency, sum(r.movements)
        from marts.fct_restatements as r
        inner join marts.dim_product as p on r.product_id = p.product_id
        inner join marts.dim_location as l on r.location_id = l.location_id
        where r.location_id = any(cast(%(places)s as uuid[]))
            and r.business_day between %(first)s and %(last)s and r.kind <> 'sale'
        group by r.known_on, l.name, p.name, r.kind, r.source, p.stock_unit, r.currency
        order by r.known_on desc, abs(sum(r.value_delta)) desc, p.name
        limit 500
        """,
        {
            "known_on": pl.Date,
            "location": pl.String,
            "product": pl.String,
            "kind": pl.String,
            "source": pl.String,
            "day": pl.Date,
            "days_late": pl.Int64,
            "quantity": NUMBER,
            "unit": pl.String,
            "value": NUMBER,
            "currency": pl.String,
            "movements": pl.Int64,
        },
        places=list(places),
        first=first,
        last=last,
    )


def waste_daily(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Value thrown away per day and currency."""
    return frame(
        """
        select business_day, currency, sum(value)
        from marts.fct_waste
        where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
        group by business_day, currency
        order by business_day
        """,
        {"business_day": pl.Date, "currency": pl.String, "value": NUMBER},
        places=list(places),
        first=first,
        last=last,
    )


def sales_by_hour(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Net sales per ISO weekday and hour on the location's own clock, per currency."""
    return frame(
        """
        select date_part('isodow', s.business_day), date_part('hour', s.sold_at at time zone l.time_zone), s.currency,
            sum(s.net_sales), count(distinct s.business_day)
        from marts.fct_sales as s
        inner join marts.dim_location as l on s.location_id = l.location_id
        where s.location_id = any(cast(%(places)s as uuid[])) and s.business_day between %(first)s and %(last)s
        group by 1, 2, 3
        order by 1, 2
        """,
        {"weekday": pl.Int64, "hour": pl.Int64, "currency": pl.String, "net_sales": NUMBER, "days": pl.Int64},
        places=list(places),
        first=first,
        last=last,
    )


def price_changes(places: Locations, first: date, last: date) -> pl.DataFrame:
    """What packs cost when they first and last came in the period, and what the change cost, the dearest first.

    `effect` is what was paid less the first price × packs received.
    """
    return frame(
        """
        with received as (
            select product_id, supplier_id, currency, pack_quantity, pack_unit, packs_received, received_value,
                received_value / packs_received as price, coalesce(completed_at, sent_at, ordered_at) as came_at
            from marts.fct_purchase_order_lines
            where location_id = any(cast(%(places)s as uuid[])) and packs_received > 0
                and coalesce(expected_on, cast(ordered_at as date)) between %(first)s and %(last)s
        ),

        summed as (
            select product_id, supplier_id, currency, pack_quantity, pack_unit,
                (array_agg(price order by came_at))[1] as first_price,
                (array_agg(price order by came_at desc))[1] as last_price,
                sum(packs_received) as packs, sum(received_value) as paid, count(*) as deliveries
            from received
            group by product_id, supplier_id, currency, pack_quantity, pack_unit
        )

        select p.name, s.name, summed.currency, pack_quantity, pack_unit, first_price, last_price, packs, paid,
            paid - first_price * packs, deliveries
        from summed
        inner join marts.dim_product as p on summed.product_id = p.product_id
        inner join marts.dim_supplier as s on summed.supplier_id = s.supplier_id
        order by paid - first_price * packs desc, p.name, s.name
        """,
        {
            "product": pl.String,
            "supplier": pl.String,
            "currency": pl.String,
            "pack_quantity": NUMBER,
            "pack_unit": pl.String,
            "first_price": NUMBER,
            "last_price": NUMBER,
            "packs": NUMBER,
            "paid": NUMBER,
            "effect": NUMBER,
            "deliveries": pl.Int64,
        },
        places=list(places),
        first=first,
        last=last,
    )


def price_history(places: Locations, product: str, first: date, last: date) -> pl.DataFrame:
    """What one pack of a product (by name) cost on each day that some came."""
    return frame(
        """
        select coalesce(o.expected_on, cast(o.ordered_at as date)), s.name, o.currency, o.pack_quantity, o.pack_unit,
            sum(o.received_value) / sum(o.packs_received)
        from marts.fct_purchase_order_lines as o
        inner join marts.dim_product as p on o.product_id = p.product_id
        inner join marts.dim_supplier as s on o.supplier_id = s.supplier_id
        where o.location_id = any(cast(%(places)s as uuid[])) and o.packs_received > 0 and p.name = %(product)s
            and coalesce(o.expected_on, cast(o.ordered_at as date)) between %(first)s and %(last)s
        group by 1, 2, 3, 4, 5
        order by 1, 2
        """,
        {
            "day": pl.Date,
            "supplier": pl.String,
            "currency": pl.String,
            "pack_quantity": NUMBER,
            "pack_unit": pl.String,
            "price": NUMBER,
        },
        places=list(places),
        product=product,
        first=first,
        last=last,
    )
