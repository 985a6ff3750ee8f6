"""What several suites ask: whether a reference leads to a row."""

# ruff: noqa: S608 - the names in these queries are the suites' own constants

from __future__ import annotations

from orchestration.lib.expectations import Expect, no_rows

RAW = "raw_operational"


def refers(name: str, column: str, table: str) -> Expect:
    """Every reference of the column leads to a row of the operational table."""
    query = (
        f"select * from {{batch}} as own where {column} is not null"
        f" and not exists (select from {RAW}.{table} as other where other.id = own.{column})"
    )
    reason = (
        f"Rows name something that {RAW}.{table} does not have, so their figures would be lost. "
        "Run the load again: both tables must come from one snapshot."
    )
    return no_rows(name, query, reason=reason)
