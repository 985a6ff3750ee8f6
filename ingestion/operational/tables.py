"""Which operational tables the warehouse mirrors, and how each is brought over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

DATASET = "raw_operational"

OVERLAP = timedelta(hours=6)
"""How far behind the newest `recorded_at` a run reads again: a transaction that was open at the last run has since
committed rows with older times, which a strict cursor would never see. Rows already there are merged by id."""


@dataclass(frozen=True)
class Table:
    """A table by its own name; a cursor makes it incremental, otherwise it is replaced as a whole.

    Replacing is how deletions of mutable rows arrive; the old rows stay readable until the new ones are complete.
    """

    name: str
    key: tuple[str, ...] = ("id",)
    cursor: str | None = None


REFERENCE = (
    Table("locations"),
    Table("menu_items"),
)
"""Read first: what sales need to find their restaurant and their item on the menu."""

LEDGER = (
    Table("inventory_items"),
    Table("stock_movements", cursor="recorded_at"),
    Table("lots"),
    Table("products"),
    Table("product_units", key=("product_id", "unit")),
    Table("barcodes"),
    Table("storage_areas"),
    Table("recipes"),
    Table("recipe_lines"),
    Table("suppliers"),
    Table("supplier_products"),
    Table("supplier_product_prices"),
    Table("purchase_orders"),
    Table("purchase_order_lines"),
    Table("purchase_order_receipts"),
    Table("counts"),
    Table("count_items"),
    Table("depletions", key=("location_id", "business_day", "revision")),
    Table("menu_item_prices"),
    Table("movement_lots", key=("movement_id", "item_id", "lot_id"), cursor="recorded_at"),
    Table("lot_balances"),
    Table("production_batches"),
    Table("production_batch_lines", key=("batch_id", "position")),
    Table("waste_records"),
    Table("adjustments"),
    Table("reason_codes", key=("code",)),
    Table("transfers"),
    Table("transfer_lines"),
    Table("transfer_settlements"),
    Table("period_locks"),
    Table("alerts"),
)
"""Read after the day's sales were taken from stock, all of it from one snapshot: whatever a movement points to is
there, and Σ movements = on hand holds however busily people go on scanning."""

ALL = REFERENCE + LEDGER
