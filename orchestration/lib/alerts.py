"""What is to be raised: items below their reorder point, and items that may run out before a delivery can come."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from ingestion.warehouse import connect

if TYPE_CHECKING:
    import polars as pl

THRESHOLD = 0.2
"""Probability of a stockout from which an alert is raised, where no rule of the house says otherwise."""
URGENT = 0.5
MOST_PER_CALL = 5000

Alerts = dict[date, list[dict[str, Any]]]

LOW = """
with stock as (
    select item.location_id, item.product_id, sum(item.on_hand) as on_hand, sum(item.reorder_point) as reorder_point
    from raw_operational.inventory_items as item group by 1, 2
),
coming as (
    select location_id, product_id, sum(quantity) as on_order from intermediate.int_open_order_lines group by 1, 2
)
select stock.location_id, stock.product_id, stock.on_hand, coalesce(coming.on_order, 0), stock.reorder_point,
       product.stock_unit,
       cast((current_timestamp at time zone place.time_zone) - cast(place.day_cutoff as interval) as date)
from stock
join raw_operational.products as product on product.id = stock.product_id
join raw_operational.locations as place on place.id = stock.location_id
left join coming
    on coming.location_id = cast(stock.location_id as uuid) and coming.product_id = cast(stock.product_id as uuid)
where product.is_active and stock.on_hand + coalesce(coming.on_order, 0) < stock.reorder_point
order by 1, 2
"""

RULES = """
select location_id::text, product_id::text, threshold, is_enabled from public.alert_rules
where kind = 'predicted_stockout'
"""


def low_stock(warehouse_url: str) -> Alerts:
    """Items of which less is there or ordered than their reorder point says, by their location's business day."""
    with connect(warehouse_url) as session:
        rows = session.execute(LOW).fetchall()
    alerts: Alerts = defaultdict(list)
    for location, product, on_hand, on_order, reorder_point, unit, day in rows:
        stock = {"on_hand": _plain(on_hand), "on_order": _plain(on_order)}
        details = {**stock, "reorder_point": _plain(reorder_point), "unit": unit}
        severity = "urgent" if on_hand <= 0 else "attention"
        alerts[day].append(_alert(location, product, severity, details))
    return alerts


def predicted_stockouts(cover: pl.DataFrame, days: dict[str, date], rules: Rules) -> Alerts:
    """Items of `cover` (COVER_SCHEMA) whose probability of a stockout reaches the threshold; `days` by location."""
    alerts: Alerts = defaultdict(list)
    for row in cover.iter_rows(named=True):
        threshold = rules.threshold(row["location_id"], row["product_id"])
        if threshold is None or row["stockout_probability"] < threshold:
            continue
        details = {
            "on_hand": _rounded(row["on_hand"]),
            "days_of_cover": _rounded(row["days_of_cover"]),
            "next_delivery_on": str(row["next_delivery_on"]),
            "expected_demand": _rounded(row["expected_demand"]),
            "stockout_probability": _rounded(row["stockout_probability"]),
        }
        severity = "urgent" if row["stockout_probability"] >= URGENT else "attention"
        alerts[days[row["location_id"]]].append(_alert(row["location_id"], row["product_id"], severity, details))
    return alerts


class Rules:
    """The house's rules for predicted stockouts: the most specific one decides."""

    def __init__(self, rows: list[tuple[str | None, str | None, Any, bool]]) -> None:
        self._rules = {(location, product): (limit, is_enabled) for location, product, limit, is_enabled in rows}

    def threshold(self, location_id: str, product_id: str) -> float | None:
        """The probability from which to warn; None where a rule switches warning off."""
        for place in ((location_id, product_id), (None, product_id), (location_id, None), (None, None)):
            if place in self._rules:
                limit, is_enabled = self._rules[place]
                return (THRESHOLD if limit is None else float(limit)) if is_enabled else None
        return THRESHOLD


def read_rules(warehouse_url: str) -> Rules:
    """The rules as they stand in the operational tables."""
    with connect(warehouse_url) as session:
        return Rules(session.execute(RULES).fetchall())


def _alert(location: str, product: str, severity: str, details: dict[str, Any]) -> dict[str, Any]:
    return {"location_id": str(location), "product_id": str(product), "severity": severity, "details": details}


def _plain(value: Any) -> str:
    return format(value.normalize(), "f")


def _rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
