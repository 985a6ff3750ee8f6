"""Lists that join stock with what lies below it: state of items, and the trail of movements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from api.domain.costing import Balance
from api.ledger.errors import InventoryItemNotFound, MovementNotFound
from api.ledger.history import balances_as_of

ITEMS = """
select i.id, i.product_id, p.sku, p.name, i.location_id, i.area_id,
       i.on_hand, p.stock_unit as unit, i.avg_cost, round(i.on_hand * i.avg_cost, 6) as value,
       i.currency, coalesce(round(o.quantity, 6), 0) as on_order, i.reorder_point, i.par_level,
       coalesce(w.on_hand < w.reorder_point, false) as is_below_reorder, i.updated_at, i.version
  from inventory_items i
  join products p on p.id = i.product_id
 cross join lateral (select sum(s.on_hand) as on_hand, sum(s.reorder_point) as reorder_point from inventory_items s
                      where s.location_id = i.location_id and s.product_id = i.product_id) w
  left join open_order_quantities o on o.product_id = i.product_id and o.location_id = i.location_id
 where {conditions}
 order by p.name, i.id
 limit :limit
"""
# Which items stand on the page: what each of them adds up to is then asked for these alone.
ON_PAGE = """
i.id = any (array(select i.id from inventory_items i join products p on p.id = i.product_id
                   where {conditions} order by p.name, i.id limit :limit))
"""
ITEM_CONDITIONS = {
    "locations": "i.location_id = any (cast(:locations as uuid[]))",
    "item_id": "i.id = :item_id",
    "location_id": "i.location_id = :location_id",
    "area_id": "i.area_id = :area_id",
    "product_id": "i.product_id = :product_id",
    "q": "(p.name ilike :q or p.sku ilike :q or exists"
    " (select from barcodes b where b.product_id = p.id and b.code like :q))",
    "negative": "(i.on_hand < 0) = :negative",
    "expiring_before": "exists (select from lot_balances b join lots l on l.id = b.lot_id"
    " where b.item_id = i.id and b.on_hand > 0 and l.expires_on < :expiring_before)",
    "below_reorder": "coalesce(w.on_hand < w.reorder_point, false) = :below_reorder",
}
# The first half says nothing that the second does not; by it an index on names starts where the page before ended.
AFTER_ITEM = "p.name >= :after_name and (p.name, i.id) > (:after_name, cast(:after_id as uuid))"
MOVEMENTS = """
select m.id, m.kind, m.product_id, m.from_item_id, m.to_item_id, m.quantity, m.unit, m.entered_quantity,
       m.entered_unit, m.value, m.currency, l.code as lot_code, l.expires_on as lot_expires_on,
       coalesce(shares.lots, '[]'::json) as lots, m.occurred_at,
       m.recorded_at, m.actor_id, m.device_id, m.source, m.reason_code, m.reference, m.reverses_id,
       f.location_id as from_location_id, t.location_id as to_location_id
  from stock_movements m
  left join inventory_items f on f.id = m.from_item_id
  left join inventory_items t on t.id = m.to_item_id
  left join lots l on l.id = m.lot_id
  left join lateral (
      select json_agg(json_build_object('item_id', a.item_id, 'lot_id', a.lot_id, 'code', o.code,
                                        'expires_on', o.expires_on, 'quantity', a.quantity::text)
                      order by a.quantity, o.code, a.item_id) as lots
        from movement_lots a join lots o on o.id = a.lot_id where a.movement_id = m.id) shares on true
 where {conditions}
 order by m.id desc
 limit :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which inventory items; `locations` are those that the person may see (`None`: all)."""

    locations: frozenset[UUID] | None
    item_id: UUID | None = None
    location_id: UUID | None = None
    area_id: UUID | None = None
    product_id: UUID | None = None
    q: str | None = None
    below_reorder: bool | None = None
    negative: bool | None = None
    expiring_before: date | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementFilter:
    """Which movements; those with one end at a visible location are visible."""

    locations: frozenset[UUID] | None
    movement_id: UUID | None = None
    location_id: UUID | None = None
    product_id: UUID | None = None
    item_id: UUID | None = None
    kind: str | None = None
    source: str | None = None
    reference: str | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    recorded_after: datetime | None = None
    known_at: datetime | None = None


def list_items(
    session: Session, wanted: ItemFilter, *, limit: int, after: Sequence[Any] | None = None
) -> Sequence[Mapping[Any, Any]]:
    """Items by product name, `limit + 1` of them after the (name, id) of the page before.

    With `as_of` or `known_at`, quantity, average cost and value are those of then; policies and orders are today's.
    """
    values = item_values(wanted)
    chosen = [ITEM_CONDITIONS[name] for name in values]
    if after is not None:
        chosen.append(AFTER_ITEM)
        values |= {"after_name": after[0], "after_id": after[1]}
    if wanted.below_reorder is None:  # which is known of an item only once its stock is added up
        chosen = [ON_PAGE.format(conditions=" and ".join(chosen) or "true")]
    rows = session.execute(_query(ITEMS, chosen), values | {"limit": limit + 1}).mappings().all()
    if wanted.as_of is None and wanted.known_at is None:
        return rows
    ids = [row["id"] for row in rows]
    past = balances_as_of(session, ids, as_of=wanted.as_of, known_at=wanted.known_at)
    return [{**row, **_past_fields(past[row["id"]])} for row in rows]


def item_values(wanted: ItemFilter) -> dict[str, Any]:
    """The filters that were given, by the name of their condition."""
    values = _values(wanted, ITEM_CONDITIONS)
    if wanted.q is not None:
        values["q"] = f"%{_literal(wanted.q)}%"
    return values


def get_item(
    session: Session,
    item_id: UUID,
    *,
    locations: frozenset[UUID] | None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Mapping[Any, Any]:
    """One item, now or as it was.

    Raises:
        InventoryItemNotFound: there is none, or none that the person may see.
    """
    session.flush()
    wanted = ItemFilter(locations=locations, item_id=item_id, as_of=as_of, known_at=known_at)
    rows = list_items(session, wanted, limit=1)
    if not rows:
        raise InventoryItemNotFound("There is no such inventory item, or none that you may see.")
    return rows[0]


def list_movements(
    session: Session, wanted: MovementFilter, *, limit: int, after: UUID | None = None
) -> Sequence[RowMapping]:
    """Movements, latest captured first, `limit + 1` of them before the id of the page before."""
    visible = "(f.location_id = any (cast(:{0} as uuid[])) or t.location_id = any (cast(:{0} as uuid[])))"
    conditions = {
        "locations": visible.format("locations"),
        "movement_id": "m.id = :movement_id",
        "location_id": "(f.location_id = :location_id or t.location_id = :location_id)",
        "product_id": "m.product_id = :product_id",
        "item_id": "(m.from_item_id = :item_id or m.to_item_id = :item_id)",
        "kind": "m.kind = :kind",
        "source": "m.source = :source",
        "reference": "m.reference = :reference",
        "actor_id": "m.actor_id = :actor_id",
        "since": "m.occurred_at >= :since",
        "until": "m.occurred_at < :until",
        "as_of": "m.occurred_at <= :as_of",
        "recorded_after": "m.recorded_at > :recorded_after",
        "known_at": "m.recorded_at <= :known_at",
    }
    values = _values(wanted, conditions)
    chosen = [conditions[name] for name in values]
    if after is not None:
        chosen.append("m.id < cast(:after as uuid)")
        values["after"] = after
    return session.execute(_query(MOVEMENTS, chosen), values | {"limit": limit + 1}).mappings().all()


def get_movement(session: Session, movement_id: UUID, *, locations: frozenset[UUID] | None) -> RowMapping:
    """One movement.

    Raises:
        MovementNotFound: there is none, or none with an end that the person may see.
    """
    rows = list_movements(session, MovementFilter(locations=locations, movement_id=movement_id), limit=1)
    if not rows:
        raise MovementNotFound("There is no such movement, or none that you may see.")
    return rows[0]


def _past_fields(balance: Balance) -> dict[str, Decimal]:
    return {"on_hand": balance.on_hand, "avg_cost": balance.avg_cost, "value": balance.value}


def _values(wanted: ItemFilter | MovementFilter, conditions: dict[str, str]) -> dict[str, Any]:
    """The filters that were given, by name."""
    given = {name: getattr(wanted, name) for name in conditions}
    return {
        name: list(value) if isinstance(value, frozenset) else value
        for name, value in given.items()
        if value is not None
    }


def _query(statement: str, conditions: list[str]) -> Any:
    """Only conditions written above are put in; what clients send stays a parameter."""
    return text(statement.format(conditions=" and ".join(conditions) or "true"))


def _literal(pattern: str) -> str:
    """What was typed, without the meaning that `like` gives to some signs."""
    return pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
