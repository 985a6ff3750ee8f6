"""Loads, stock, sales and orders, from marts only, as the role `stockpot_reader`, for named locations only.

The warehouse itself shows that role the rows of the locations in the service's claim for the person who is looking
(`read_as`), whatever a statement asks for. Each query takes its locations besides, because that is what a page shows.
Quantities are in stock units, money in the location's currency, both as decimals.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
import psycopg

NUMBER = pl.Decimal(38, 6)
Locations = Sequence[str]
Schema = Mapping[str, Any]


class MartsNotPublished(RuntimeError):
    """No pipeline run has published marts yet."""


class MartsUnreachable(RuntimeError):
    """The warehouse does not answer."""


class ReadingRightEnded(RuntimeError):
    """The warehouse does not believe the claim, or no longer; nobody may read before there is a new one."""


@dataclass(frozen=True)
class ReadingRight:
    """The service's claim that somebody may read the rows of some locations (None: of all), good for a minute."""

    claim: str
    locations: tuple[str, ...] | None


@dataclass(frozen=True)
class Load:
    """What the marts say about themselves: which run made them, and how far ledger and tills were known to it."""

    load_id: str
    published_at: datetime
    checks_passed: int
    warnings: tuple[str, ...]
    ledger_known_until: datetime | None
    last_sales_day: date | None
    last_stock_day: date | None


_RIGHT: ContextVar[ReadingRight | None] = ContextVar("reading_right", default=None)
NOT_THERE = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.InsufficientPrivilege,
)
OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=60s"


def reader_url() -> str:
    """READER_URL; MartsUnreachable where it is not set."""
    url = os.environ.get("READER_URL", "")
    if not url:
        raise MartsUnreachable("READER_URL is not set.")
    return url


def read_as(right: ReadingRight) -> None:
    """From now on this rerun reads with this right; each rerun starts without one."""
    _RIGHT.set(right)


def reading_right() -> ReadingRight:
    """What this rerun reads with; ReadingRightEnded where nobody has said."""
    right = _RIGHT.get()
    if right is None:
        raise ReadingRightEnded("Nobody is signed in.")
    return right


def rows(statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """A statement's rows, as far as this rerun may read them.

    Raises MartsNotPublished, MartsUnreachable, ReadingRightEnded.
    """
    try:
        with psycopg.connect(reader_url(), connect_timeout=5, options=OPTIONS) as connection:
            connection.execute("select row_scope.open(%s)", [reading_right().claim])
            return connection.execute(statement.encode(), parameters).fetchall()
    except NOT_THERE as e:
        raise MartsNotPublished("No pipeline run has published its marts yet.") from e
    except psycopg.errors.InvalidAuthorizationSpecification as e:
        raise ReadingRightEnded("The right to read has ended.") from e
    except psycopg.OperationalError as e:
        raise MartsUnreachable("The warehouse does not answer.") from e


def frame(statement: str, schema: Schema, **parameters: object) -> pl.DataFrame:
    """A statement's rows with the columns named and typed by `schema`."""
    return pl.DataFrame(rows(statement, parameters), schema=dict(schema), orient="row")


def load() -> Load:
    """The published load; MartsNotPublished before the first."""
    found = rows(
        """
        select load_id, published_at, checks, ledger_known_until, last_sales_day, last_stock_day
        from marts.loads
        order by published_at desc
        limit 1
        """,
        {},
    )
    if not found:
        raise MartsNotPublished("No load is published yet.")
    load_id, published_at, checks, *known = found[0]
    return Load(load_id, published_at, checks.get("passed", 0), tuple(checks.get("warnings", ())), *known)


def locations(allowed: Locations | None) -> pl.DataFrame:
    """The locations a person may see: location_id, code, name, currency; None means everywhere."""
    return frame(
        """
        select cast(location_id as text), code, name, currency
        from marts.dim_location
        where %(everywhere)s or location_id = any(cast(%(locations)s as uuid[]))
        order by name
        """,
        {"location_id": pl.String, "code": pl.String, "name": pl.String, "currency": pl.String},
        everywhere=allowed is None,
        locations=list(allowed or []),
    )


def sales_daily(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Net sales, units and orders per currency and business day."""
    return frame(
        """
        select business_day, currency, sum(net_sales), sum(quantity), count(distinct (location_id, order_number))
        from marts.fct_sales
        where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
        group by business_day, currency
        order by business_day
        """,
        {
            "business_day": pl.Date,
            "currency": pl.String,
            "net_sales": NUMBER,
            "units": NUMBER,
            "orders": pl.Int64,
        },
        places=list(places),
        first=first,
        last=last,
    )


def sales_by_item(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Units and net sales per till item, best first; `is_on_menu` tells whether its recipe can be found.

    An item bears the menu's name, and the till's where the menu has none for it.
    """
    return frame(
        """
        select s.item_code, coalesce(max(m.name), max(s.item_name)), max(s.category), s.currency, sum(s.quantity),
            sum(s.net_sales), bool_and(s.menu_item_id is not null)
        from marts.fct_sales as s
        left join marts.dim_menu_item as m on s.menu_item_id = m.menu_item_id
        where s.location_id = any(cast(%(places)s as uuid[])) and s.business_day between %(first)s and %(last)s
        group by s.item_code, s.currency
        order by sum(s.net_sales) desc, s.item_code
        """,
        {
            "item_code": pl.String,
            "item_name": pl.String,
            "category": pl.String,
            "currency": pl.String,
            "units": NUMBER,
            "net_sales": NUMBER,
            "is_on_menu": pl.Boolean,
        },
        places=list(places),
        first=first,
        last=last,
    )


def usage_by_product(places: Locations, first: date, last: date) -> pl.DataFrame:
    """What recipes say was used of each product, what the ledger booked as sold, and recorded waste."""
    return frame(
        """
        with theoretical as (
            select product_id, sum(quantity) as quantity
            from marts.fct_theoretical_usage
            where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
            group by product_id
        ),

        booked as (
            select
                product_id,
                -coalesce(sum(quantity_delta) filter (where kind = 'sale'), 0) as sold,
                -coalesce(sum(quantity_delta) filter (where kind = 'waste'), 0) as wasted,
                -coalesce(sum(value_delta) filter (where kind = 'sale'), 0) as sold_value,
                max(currency) as currency
            from marts.fct_stock_movements
            where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
            group by product_id
        )

        select products.name, products.category, products.stock_unit, coalesce(theoretical.quantity, 0),
            coalesce(booked.sold, 0), coalesce(booked.wasted, 0), coalesce(booked.sold_value, 0), booked.currency
        from marts.dim_product as products
        left join theoretical on products.product_id = theoretical.product_id
        left join booked on products.product_id = booked.product_id
        where theoretical.quantity > 0 or booked.sold <> 0 or booked.wasted <> 0
        order by coalesce(booked.sold_value, 0) desc, products.name
        """,
        {
            "product": pl.String,
            "category": pl.String,
            "unit": pl.String,
            "theoretical": NUMBER,
            "sold": NUMBER,
            "wasted": NUMBER,
            "sold_value": NUMBER,
            "currency": pl.String,
        },
        places=list(places),
        first=first,
        last=last,
    )


def stock_value_daily(places: Locations, first: date, last: date) -> pl.DataFrame:
    """The stock's value at cost per currency at the end of each day."""
    return frame(
        """
        select business_day, currency, sum(value)
        from marts.fct_stock_on_hand_daily
        where location_id = any(cast(%(places)s as uuid[])) and business_day between %(first)s and %(last)s
        group by business_day, currency
        order by business_day
        """,
        {"business_day": pl.Date, "currency": pl.String, "value": NUMBER},
        places=list(places),
        first=first,
        last=last,
    )


def stock_now(places: Locations) -> pl.DataFrame:
    """What is there of each product at each location, over all its areas."""
    return frame(
        """
        with newest as ( -- one look into an index per location, however long the history is
            select places.location_id, latest.business_day
            from unnest(cast(%(places)s as uuid[])) as places (location_id)
            cross join lateral (
                select business_day
                from marts.fct_stock_on_hand_daily as days
                where days.location_id = places.location_id
                order by business_day desc
                limit 1
            ) as latest
        )

        select cast(stock.location_id as text), locations.name, cast(stock.product_id as text), products.name,
            products.category, sum(stock.on_hand), products.stock_unit, sum(stock.value), stock.currency,
            sum(stock.reorder_point), bool_or(stock.is_below_reorder)
        from marts.fct_stock_on_hand_daily as stock
        inner join newest on stock.location_id = newest.location_id and stock.business_day = newest.business_day
        inner join marts.dim_product as products on stock.product_id = products.product_id
        inner join marts.dim_location as locations on stock.location_id = locations.location_id
        group by stock.location_id, locations.name, stock.product_id, products.name, products.category,
            products.stock_unit, stock.currency
        order by products.name, locations.name
        """,
        {
            "location_id": pl.String,
            "location": pl.String,
            "product_id": pl.String,
            "product": pl.String,
            "category": pl.String,
            "on_hand": NUMBER,
            "unit": pl.String,
            "value": NUMBER,
            "currency": pl.String,
            "reorder_point": NUMBER,
            "is_below_reorder": pl.Boolean,
        },
        places=list(places),
    )


def on_hand_daily(place: str, product_id: str, first: date) -> pl.DataFrame:
    """One product at one location at the end of each day."""
    return frame(
        """
        select business_day, sum(on_hand)
        from marts.fct_stock_on_hand_daily
        where location_id = cast(%(place)s as uuid) and product_id = cast(%(product_id)s as uuid)
            and business_day >= %(first)s
        group by business_day
        order by business_day
        """,
        {"business_day": pl.Date, "on_hand": NUMBER},
        place=place,
        product_id=product_id,
        first=first,
    )


def forecasts(places: Locations) -> pl.DataFrame:
    """The newest forecast of each location, day by day; quantities per day."""
    return frame(
        """
        with newest as (
            select location_id, max(origin_day) as origin_day
            from marts.fct_forecasts
            where location_id = any(cast(%(places)s as uuid[]))
            group by location_id
        )

        select cast(f.location_id as text), cast(f.product_id as text), f.target_day, f.mean, f.p10, f.p90, f.model
        from marts.fct_forecasts as f
        inner join newest on f.location_id = newest.location_id and f.origin_day = newest.origin_day
        order by f.location_id, f.product_id, f.target_day
        """,
        {
            "location_id": pl.String,
            "product_id": pl.String,
            "target_day": pl.Date,
            "mean": NUMBER,
            "p10": NUMBER,
            "p90": NUMBER,
            "model": pl.String,
        },
        places=list(places),
    )


def supplier_performance(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Each supplier's lines due in the months of the period, month by month."""
    return frame(
        """
        select s.name, l.name, p.period, p.lines_due, p.lines_on_time, p.lines_in_full, p.lines_otif,
            p.fill_rate, p.lead_time_days_median, p.lead_time_days_p90, p.price_adherence, p.lines_priced
        from marts.fct_supplier_performance as p
        inner join marts.dim_supplier as s on p.supplier_id = s.supplier_id
        inner join marts.dim_location as l on p.location_id = l.location_id
        where p.location_id = any(cast(%(places)s as uuid[]))
            and p.period between date_trunc('month', cast(%(first)s as date)) and %(last)s
        order by s.name, l.name, p.period
        """,
        {
            "supplier": pl.String,
            "location": pl.String,
            "period": pl.Date,
            "lines_due": pl.Int64,
            "lines_on_time": pl.Int64,
            "lines_in_full": pl.Int64,
            "lines_otif": pl.Int64,
            "fill_rate": NUMBER,
            "lead_time_days_median": NUMBER,
            "lead_time_days_p90": NUMBER,
            "price_adherence": NUMBER,
            "lines_priced": pl.Int64,
        },
        places=list(places),
        first=first,
        last=last,
    )


def open_order_lines(places: Locations) -> pl.DataFrame:
    """What was ordered and has not come, the most overdue first."""
    return frame(
        """
        select o.number, s.name, l.name, p.name, o.status, o.expected_on,
            o.packs_ordered - o.packs_received, o.pack_quantity, o.pack_unit,
            (o.packs_ordered - o.packs_received) * o.price, o.currency
        from marts.fct_purchase_order_lines as o
        inner join marts.dim_supplier as s on o.supplier_id = s.supplier_id
        inner join marts.dim_location as l on o.location_id = l.location_id
        inner join marts.dim_product as p on o.product_id = p.product_id
        where o.location_id = any(cast(%(places)s as uuid[]))
            and o.status in ('draft', 'submitted', 'approved', 'sent', 'partially_received')
            and o.completed_at is null and o.packs_ordered > o.packs_received
        order by o.expected_on nulls last, o.number, p.name
        """,
        {
            "order": pl.String,
            "supplier": pl.String,
            "location": pl.String,
            "product": pl.String,
            "status": pl.String,
            "expected_on": pl.Date,
            "packs": NUMBER,
            "pack_quantity": NUMBER,
            "pack_unit": pl.String,
            "value": NUMBER,
            "currency": pl.String,
        },
        places=list(places),
    )
