"""The partitions of what exists once per business day."""

from __future__ import annotations

from datetime import date

import dagster as dg

DAYS = dg.DailyPartitionsDefinition(start_date="2020-01-01", end_offset=1)
"""Business days. The day that is still going on in UTC is one of them: further east it may be over."""

NIGHTS = frozenset({"nightly", "refresh"})
"""Jobs whose partition says which night it is, not which days are meant."""


def chosen_days(context: dg.AssetExecutionContext) -> tuple[date, date] | None:
    """The first and the last day that somebody chose; None in a night's run, or where nobody chose any."""
    if context.run.job_name in NIGHTS or not (context.has_partition_key or context.has_partition_key_range):
        return None
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)
