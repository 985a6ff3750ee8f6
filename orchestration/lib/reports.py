"""Which reports are due for a business day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter  # type: ignore[import-untyped]

BUILTINS = (
    "stock_on_hand", "stock_movements", "sales_and_usage", "purchase_orders", "supplier_performance", "low_stock",
)  # fmt: skip
"""Codes of the reports that come with the product: the graph names them, their definitions are the service's."""


def is_due(report: dict[str, Any], day: date, time_zone: str = "UTC") -> bool:
    """Whether the report's cron schedule fires on the day after `day`, on the clock of `time_zone`.

    A report without a schedule is made when somebody asks; one that is switched off never.
    """
    if not report.get("is_enabled", True) or not report.get("schedule"):
        return False
    start = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))
    following = croniter(report["schedule"], start - timedelta(seconds=1)).get_next(datetime)
    return bool(following < start + timedelta(days=1))
