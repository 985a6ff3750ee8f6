"""Where stock stands against its policy: for alerts, order suggestions and whoever sets the policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from api.core.preconditions import bump
from api.ledger.errors import InventoryItemNotFound
from api.ledger.models import InventoryItem
from api.outbox.publish import publish

STATES = """
with wanted as (
    select distinct w.product_id, w.location_id
      from unnest(cast(:products as uuid[]), cast(:locations as uuid[])) as w(product_id, location_id)
    union
    select i.product_id, i.location_id from inventory_items i
     where i.id = any (cast(:items as uuid[])) or i.location_id = any (cast(:at as uuid[]))
)
select i.product_id, i.location_id, sum(i.on_hand) as on_hand,
       sum(i.reorder_point) as reorder_point, sum(i.par_level) as par_level, p.stock_unit as unit
  from wanted w
  join inventory_items i on i.product_id = w.product_id and i.location_id = w.location_id
  join products p on p.id = i.product_id
 group by i.product_id, i.location_id, p.stock_unit
 order by i.location_id, i.product_id
"""


@dataclass(frozen=True, slots=True)
class StockState:
    """A product at a location over all its storage areas, in its stock unit; `None` policy means none is set."""

    product_id: UUID
    location_id: UUID
    on_hand: Decimal
    reorder_point: Decimal | None
    par_level: Decimal | None
    unit: str

    @property
    def is_below_reorder(self) -> bool:
        """Whether less is on hand than the reorder point says; what is on order does not count here."""
        return self.reorder_point is not None and self.on_hand < self.reorder_point


def stock_states(
    session: Session,
    *,
    product_location_pairs: Iterable[tuple[UUID, UUID]] = (),
    item_ids: Iterable[UUID] = (),
    location_ids: Iterable[UUID] = (),
) -> list[StockState]:
    """The state of each product and location named by a pair, by one of its items, or of all that a location keeps;
    those without items are absent.
    """
    pairs = list(product_location_pairs)
    session.flush()
    rows = session.execute(
        text(STATES),
        {
            "products": [product for product, _ in pairs],
            "locations": [location for _, location in pairs],
            "items": list(item_ids),
            "at": list(location_ids),
        },
    )
    return [StockState(**row) for row in rows.mappings()]


def set_policy(
    session: Session,
    item_id: UUID,
    reorder_point: Decimal | None,
    par_level: Decimal | None,
    *,
    expected_version: int | None = None,
) -> int:
    """Set the order policy of an item, in its stock unit, tell the others, and give the item's new version.

    Raises:
        InventoryItemNotFound: there is no such item.
        VersionConflict: it changed since `expected_version` was read.
    """
    item = session.get(InventoryItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise InventoryItemNotFound
    bump(item, item.version if expected_version is None else expected_version)
    item.reorder_point, item.par_level = reorder_point, par_level
    publish(
        session,
        "inventory_item.policy_changed.v1",
        subject_id=item.id,
        payload={
            "item_id": str(item.id),
            "product_id": str(item.product_id),
            "location_id": str(item.location_id),
            "reorder_point": None if reorder_point is None else str(reorder_point),
            "par_level": None if par_level is None else str(par_level),
        },
    )
    session.flush()
    return item.version
