"""The reports that come with the product."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.reports.models import ReportDefinition


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in report; what people may change (format, schedule, recipients, on or off) is only its first value."""

    code: str
    name: str
    mart: str
    schedule: str | None = None
    format: str = "csv"
    columns: tuple[str, ...] = ()
    filters: dict[str, Any] = field(default_factory=dict)


BUILTINS = (
    Builtin("stock_on_hand", "Stock on hand", "fct_stock_on_hand_daily"),
    Builtin("stock_movements", "Stock movements", "fct_stock_movements", format="parquet"),
    Builtin("sales_and_usage", "Sales and theoretical usage", "fct_theoretical_usage"),
    Builtin("purchase_orders", "Purchase order lines", "fct_purchase_order_lines", format="xlsx"),
    Builtin("supplier_performance", "Supplier performance", "fct_supplier_performance", format="xlsx"),
    Builtin(
        "low_stock",
        "Items at or below their reorder point",
        "fct_stock_on_hand_daily",
        schedule="0 6 * * *",
        filters={"is_below_reorder": "true"},
    ),
)


def ensure_builtin_reports(session: Session) -> None:
    """Create the built-in reports; of those that exist, bring up to date what people cannot change."""
    for one in BUILTINS:
        fixed = {
            "name": one.name,
            "mart": one.mart,
            "columns": list(one.columns),
            "filters": one.filters,
            "is_builtin": True,
        }
        statement = insert(ReportDefinition).values(
            code=one.code, format=one.format, schedule=one.schedule, recipients=[], **fixed
        )
        session.execute(statement.on_conflict_do_update(index_elements=[ReportDefinition.code], set_=fixed))
