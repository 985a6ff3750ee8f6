"""Where the money went: actual against theoretical, waste, stockouts, and what dishes earn; from marts only.

Quantities are in stock units, money in the location's currency, both as decimals.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards.queries.core import NUMBER, Locations, frame

PARTS = ("volume", "mix", "recipe_change", "price", "waste", "other_use", "count_correction", "unexplained")


def variance_by_product(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Actual and theoretical use of each product over the counts in the period, and the parts of the difference."""
    return frame(
        """
        select p.name, p.category, l.name, f.unit, f.currency, count(*), min(f.start_day), max(f.end_day),
            sum(f.actual_quantity), sum(f.theoretical_quantity), sum(f.unexplained_quantity), sum(f.actual_value),
            sum(f.baseline_value), sum(f.volume_value), sum(f.mix_value), sum(f.recipe_change_value),
            sum(f.price_value), sum(f.waste_value), sum(f.other_use_value), sum(f.count_correction_value),
            sum(f.unexplained_value)
        from marts.fct_actual_vs_theoretical as f
        inner join marts.dim_product as p on f.product_id = p.product_id
        inner join marts.dim_location as l on f.location_id = l.location_id
        where f.location_id = any(cast(%(places)s as uuid[]))
            and f.end_day between %(first)s and %(last)s and f.period_number > 1
        group by p.name, p.category, l.name, f.unit, f.currency
        order by abs(sum(f.unexplained_value)) desc, p.name, l.name
        """,
        {
            "product": pl.String,
            "category": pl.String,
            "location": pl.String,
            "unit": pl.String,
            "currency": pl.String,
            "counts": pl.Int64,
            "since": pl.Date,
            "until": pl.Date,
            "actual": NUMBER,
            "theoretical": NUMBER,
            "unexplained_quantity": NUMBER,
            "actual_value": NUMBER,
            "baseline_value": NUMBER,
            **dict.fromkeys(PARTS, NUMBER),
        },
        places=list(places),
        first=first,
        last=last,
    )


def variance_totals(places: Locations, first: date, last: date) -> pl.DataFrame:
    """The same summed over all products, per currency: use at cost and the parts of the difference."""
    sums = ", ".join(f"sum({part}_value)" for part in ("actual", *PARTS))
    return frame(
        f"""
        select currency, {sums}
        from marts.fct_actual_vs_theoretical
        where location_id = any(cast(%(places)s as uuid[]))
            and end_day between %(first)s and %(last)s and period_number > 1
        group by currency
        order by currency
        """,  # noqa: S608 - the names above
        {"currency": pl.String, "actual_value": NUMBER, **dict.fromkeys(PARTS, NUMBER)},
        places=list(places),
        first=first,
        last=last,
    )


def food_cost_monthly(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Use at cost and net sales of the months of the period, per currency; locations without a till are left out."""
    return frame(
        """
        select period, currency, sum(use_value), sum(waste_value), coalesce(sum(theoretical_cost), 0), sum(net_sales)
        from marts.fct_food_cost
        where location_id = any(cast(%(places)s as uuid[]))
            and period between date_trunc('month', cast(%(first)s as date)) and %(last)s
            and net_sales > 0
        group by period, currency
        order by period
        """,
        {
            "period": pl.Date,
            "currency": pl.String,
            "use_value": NUMBER,
            "waste_value": NUMBER,
            "theoretical_cost": NUMBER,
            "net_sales": NUMBER,
        },
        places=list(places),
        first=first,
        last=last,
    )


def waste_by_reason(places: Locations, first: date, last: date) -> pl.DataFrame:
    """What was thrown away of each product for each reason, at all the locations together."""
    return frame(
        """
        with wasted as (
            select product_id, reason_code, currency, sum(value) as value, sum(records) as records
            from marts.fct_waste
            where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
            group by product_id, reason_code, currency
            having sum(value) <> 0 or sum(records) <> 0
        )

        select p.name, w.reason_code, w.currency, w.value, w.records
        from wasted as w
        inner join marts.dim_product as p on w.product_id = p.product_id
        order by w.value desc, p.name
        """,
        {"product": pl.String, "reason": pl.String, "currency": pl.String, "value": NUMBER, "records": pl.Int64},
        places=list(places),
        first=first,
        last=last,
    )


def waste_by_product(places: Locations, first: date, last: date) -> pl.DataFrame:
    """What was thrown away of each product for each reason, the dearest first."""
    return frame(
        """
        with wasted as (
            select product_id, location_id, reason_code, unit, currency, sum(quantity) as quantity,
                sum(value) as value, sum(records) as records
            from marts.fct_waste
            where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
            group by product_id, location_id, reason_code, unit, currency
            having sum(quantity) <> 0 or sum(value) <> 0 or sum(records) <> 0
        )

        select p.name, p.category, l.name, w.reason_code, w.quantity, w.unit, w.value, w.currency, w.records
        from wasted as w
        inner join marts.dim_product as p on w.product_id = p.product_id
        inner join marts.dim_location as l on w.location_id = l.location_id
        order by w.value desc, p.name
        """,
        {
            "product": pl.String,
            "category": pl.String,
            "location": pl.String,
            "reason": pl.String,
            "quantity": NUMBER,
            "unit": pl.String,
            "value": NUMBER,
            "currency": pl.String,
            "records": pl.Int64,
        },
        places=list(places),
        first=first,
        last=last,
    )


def stockout_totals(places: Locations, first: date, last: date) -> pl.DataFrame:
    """How often products were out while a location traded, and what that may have cost, per currency."""
    return frame(
        """
        select currency, count(*), sum(lost_sales)
        from marts.fct_stockouts
        where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
        group by currency
        order by currency
        """,
        {"currency": pl.String, "stockouts": pl.Int64, "lost_sales": NUMBER},
        places=list(places),
        first=first,
        last=last,
    )


def stockouts(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Products that were out while a location traded, and what that may have cost, the dearest first."""
    return frame(
        """
        select p.name, l.name, s.business_day, s.hours_out, s.trading_hours, s.lost_quantity, s.unit, s.lost_sales,
            s.currency
        from marts.fct_stockouts as s
        inner join marts.dim_product as p on s.product_id = p.product_id
        inner join marts.dim_location as l on s.location_id = l.location_id
        where s.location_id = any(cast(%(places)s as uuid[])) and s.business_day between %(first)s and %(last)s
        order by s.lost_sales desc, s.business_day, p.name
        """,
        {
            "product": pl.String,
            "location": pl.String,
            "business_day": pl.Date,
            "hours_out": NUMBER,
            "trading_hours": NUMBER,
            "lost_quantity": NUMBER,
            "unit": pl.String,
            "lost_sales": NUMBER,
            "currency": pl.String,
        },
        places=list(places),
        first=first,
        last=last,
    )


def menu_classes(places: Locations, last: date) -> pl.DataFrame:
    """The classes of the items sold in the month of a day, location by location, the largest margin first."""
    return frame(
        """
        select l.name, m.name, m.code, f.category, f.units, f.net_sales, f.plate_cost, f.contribution_margin,
            f.currency, f.unit_share, f.popular_from, f.profitable_from, f.class
        from marts.fct_menu_engineering as f
        inner join marts.dim_menu_item as m on f.menu_item_id = m.menu_item_id
        inner join marts.dim_location as l on f.location_id = l.location_id
        where f.location_id = any(cast(%(places)s as uuid[])) and f.period = date_trunc('month', cast(%(last)s as date))
        order by f.units * f.contribution_margin desc, m.name
        """,
        {
            "location": pl.String,
            "item": pl.String,
            "code": pl.String,
            "category": pl.String,
            "units": NUMBER,
            "net_sales": NUMBER,
            "plate_cost": NUMBER,
            "contribution_margin": NUMBER,
            "currency": pl.String,
            "unit_share": NUMBER,
            "popular_from": NUMBER,
            "profitable_from": NUMBER,
            "class": pl.String,
        },
        places=list(places),
        last=last,
    )
