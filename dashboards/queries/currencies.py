"""Totals over locations in the reporting currency; from marts only, for named locations only.

A total is null where a rate is missing on a day that has something to change: a part of a sum is not the sum.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards.queries.core import NUMBER, Locations, frame

TOTALS = {"currency": pl.String, "net_sales": NUMBER, "waste_value": NUMBER}


def reporting_totals(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Net sales and waste of the period, each day at its own rate: one row, or none where no currency is chosen."""
    return frame(
        """
        select reporting_currency,
            case when bool_and(net_sales = 0 or rate is not null) then coalesce(sum(reporting_net_sales), 0) end,
            case when bool_and(waste_value = 0 or rate is not null) then coalesce(sum(reporting_waste_value), 0) end
        from marts.fct_location_days
        where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
            and reporting_currency is not null
        group by reporting_currency
        """,
        TOTALS,
        places=list(places),
        first=first,
        last=last,
    )


def reporting_stock(places: Locations) -> pl.DataFrame:
    """Stock at cost on each location's last day, at that day's rate: one row, or none where no currency is chosen."""
    return frame(
        """
        select d.reporting_currency,
            case when bool_and(d.stock_value = 0 or d.rate is not null)
                then coalesce(sum(d.reporting_stock_value), 0) end
        from (
            select location_id, max(business_day) as business_day from marts.fct_inventory_value_daily
            where location_id = any(cast(%(places)s as uuid[])) group by location_id
        ) as newest
        inner join marts.fct_location_days as d
            on newest.location_id = d.location_id and newest.business_day = d.business_day
        where d.reporting_currency is not null
        group by d.reporting_currency
        """,
        {"currency": pl.String, "stock_value": NUMBER},
        places=list(places),
    )
