"""The mart rows behind what a page shows, each with its key and its words: what somebody may have explained."""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards.queries.core import NUMBER, Locations, Schema, frame

MOST = 200


def stock_rows(places: Locations, product_id: str) -> pl.DataFrame:
    """Each inventory item of a product at the end of its newest day."""
    return frame(
        """
        select distinct on (s.inventory_item_id) cast(s.inventory_item_id as text), s.business_day, l.name, s.on_hand,
            s.unit
        from marts.fct_stock_on_hand_daily as s
        inner join marts.dim_location as l on s.location_id = l.location_id
        where s.location_id = any(cast(%(places)s as uuid[])) and s.product_id = cast(%(product_id)s as uuid)
        order by s.inventory_item_id, s.business_day desc
        """,
        {
            "inventory_item_id": pl.String,
            "business_day": pl.Date,
            "location": pl.String,
            "quantity": NUMBER,
            "unit": pl.String,
        },
        places=list(places),
        product_id=product_id,
    )


def waste_rows(places: Locations, first: date, last: date) -> pl.DataFrame:
    """The dearest rows of waste in a period, one for each day, product and reason."""
    return _in_period(
        """
        select cast(w.location_id as text), w.business_day, cast(w.product_id as text), w.reason_code, w.currency,
            l.name, p.name, w.quantity, w.unit
        from marts.fct_waste as w
        inner join marts.dim_product as p on w.product_id = p.product_id
        inner join marts.dim_location as l on w.location_id = l.location_id
        where w.location_id = any(cast(%(places)s as uuid[])) and w.business_day between %(first)s and %(last)s
            and (w.quantity <> 0 or w.value <> 0)
        order by w.value desc, w.business_day, p.name
        limit %(most)s
        """,
        {
            "location_id": pl.String,
            "business_day": pl.Date,
            "product_id": pl.String,
            "reason_code": pl.String,
            "currency": pl.String,
            "location": pl.String,
            "product": pl.String,
            "quantity": NUMBER,
            "unit": pl.String,
        },
        places,
        first,
        last,
    )


def variance_rows(places: Locations, first: date, last: date) -> pl.DataFrame:
    """The periods between counts that ended in a period, the largest unexplained use first."""
    return _in_period(
        """
        select cast(f.location_id as text), cast(f.product_id as text), f.period_number, l.name, p.name, f.start_day,
            f.end_day, f.actual_quantity, f.unit
        from marts.fct_actual_vs_theoretical as f
        inner join marts.dim_product as p on f.product_id = p.product_id
        inner join marts.dim_location as l on f.location_id = l.location_id
        where f.location_id = any(cast(%(places)s as uuid[]))
            and f.end_day between %(first)s and %(last)s and f.period_number > 1
        order by abs(f.unexplained_value) desc, f.end_day desc, p.name
        limit %(most)s
        """,
        {
            "location_id": pl.String,
            "product_id": pl.String,
            "period_number": pl.Int64,
            "location": pl.String,
            "product": pl.String,
            "start_day": pl.Date,
            "end_day": pl.Date,
            "quantity": NUMBER,
            "unit": pl.String,
        },
        places,
        first,
        last,
    )


def performance_rows(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Suppliers' months that a period touches, the least punctual first."""
    return _in_period(
        """
        select cast(f.supplier_id as text), cast(f.location_id as text), f.period, s.name, l.name, f.lines_otif,
            f.lines_due
        from marts.fct_supplier_performance as f
        inner join marts.dim_supplier as s on f.supplier_id = s.supplier_id
        inner join marts.dim_location as l on f.location_id = l.location_id
        where f.location_id = any(cast(%(places)s as uuid[]))
            and f.period between date_trunc('month', cast(%(first)s as date)) and %(last)s
        order by f.otif_rate, s.name, l.name, f.period
        limit %(most)s
        """,
        {
            "supplier_id": pl.String,
            "location_id": pl.String,
            "period": pl.Date,
            "supplier": pl.String,
            "location": pl.String,
            "lines_otif": pl.Int64,
            "lines_due": pl.Int64,
        },
        places,
        first,
        last,
    )


def _in_period(query: str, schema: Schema, places: Locations, first: date, last: date) -> pl.DataFrame:
    """The query's first rows, at most MOST, of these locations from a first day to a last."""
    return frame(query, schema, places=list(places), first=first, last=last, most=MOST)
