"""What amounts of several currencies come to together, in the reporting currency of the marts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from dashboards import parts, queries
from dashboards.metrics import money_text


def in_all(amounts: Mapping[str, Decimal], column: str, places: Sequence[str], first: date, last: date) -> str | None:
    """`EUR 1,234 in all` for the sales or waste of a period; None where one currency needs no change."""
    return (
        _text(parts.ask_if_there(queries.reporting_totals, places, first, last), column) if len(amounts) > 1 else None
    )


def stock_in_all(amounts: Mapping[str, Decimal], places: Sequence[str]) -> str | None:
    """The same for the stock of now."""
    return _text(parts.ask_if_there(queries.reporting_stock, places), "stock_value") if len(amounts) > 1 else None


def _text(totals: pl.DataFrame | None, column: str) -> str | None:
    """The total, or that a rate for it is missing; None where no reporting currency is chosen."""
    if totals is None or totals.is_empty():
        return None
    currency, amount = totals["currency"][0], totals[column][0]
    return f"no rate for a total in {currency}" if amount is None else f"{money_text({currency: amount})} in all"
