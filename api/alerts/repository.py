"""The rows of alerts and rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, bindparam, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.alerts.models import Alert, AlertRule
from api.alerts.rules import Rule
from api.catalog.models import Location, Product

Locations = Collection[UUID] | None
Pair = tuple[UUID, UUID]
"""(product_id, location_id)"""

EVALUATION_LOCK = 7_305_121


def lock_evaluation(session: Session) -> None:
    """One evaluation at a time: otherwise a slow one could open what a quick one has just seen recover."""
    session.execute(select(func.pg_advisory_xact_lock(EVALUATION_LOCK)))


def open_alerts(session: Session, kinds: Collection[str], pairs: Collection[Pair]) -> dict[tuple[str, Pair], Alert]:
    """The open alerts of these kinds for these products and places."""
    if not pairs:
        return {}
    products = bindparam("products", [product for product, _ in pairs], ARRAY(Uuid))
    locations = bindparam("locations", [location for _, location in pairs], ARRAY(Uuid))
    asked = func.unnest(products, locations).table_valued("product_id", "location_id", name="asked").render_derived()
    query = (
        select(Alert)
        .join(asked, and_(Alert.product_id == asked.c.product_id, Alert.location_id == asked.c.location_id))
        .where(Alert.kind.in_(kinds), Alert.resolved_at.is_(None))
    )
    return {(alert.kind, (alert.product_id, alert.location_id)): alert for alert in session.scalars(query)}


def open_at(session: Session, kind: str, location_ids: Collection[UUID]) -> Sequence[Alert]:
    """The open alerts of a kind at these locations."""
    here = Alert.location_id.in_(location_ids)
    return session.scalars(select(Alert).where(Alert.kind == kind, here, Alert.resolved_at.is_(None))).all()


def insert_alerts(session: Session, rows: Sequence[dict[str, Any]]) -> list[Alert]:
    """Open alerts, except where one of the kind is open for the product and place, or the day's key was used."""
    if not rows:
        return []
    statement = insert(Alert).values(list(rows)).on_conflict_do_nothing().returning(Alert)
    return list(session.scalars(statement))


def used_keys(session: Session, keys: Collection[str]) -> dict[str, UUID]:
    """The alerts that were raised under these keys before."""
    query = select(Alert.idempotency_key, Alert.id).where(Alert.idempotency_key.in_(keys))
    return {str(key): alert_id for key, alert_id in session.execute(query)}


def resolve(session: Session, ids: Collection[UUID]) -> None:
    """These have recovered."""
    statement = update(Alert).where(Alert.id.in_(ids)).values(resolved_at=func.clock_timestamp())
    session.execute(statement)


def find_alerts(
    session: Session,
    *,
    locations: Locations,
    location_id: UUID | None,
    product_id: UUID | None,
    kind: str | None,
    is_open: bool | None,
    limit: int,
    after: tuple[datetime, UUID] | None,
) -> Sequence[tuple[Alert, Product]]:
    """Up to `limit + 1` alerts with their products, newest first."""
    query = _visible(select(Alert, Product).join(Product, Product.id == Alert.product_id), locations)
    if location_id is not None:
        query = query.where(Alert.location_id == location_id)
    if product_id is not None:
        query = query.where(Alert.product_id == product_id)
    if kind is not None:
        query = query.where(Alert.kind == kind)
    if is_open is not None:
        query = query.where(Alert.resolved_at.is_(None) if is_open else Alert.resolved_at.is_not(None))
    if after is not None:
        query = query.where(tuple_(Alert.opened_at, Alert.id) < after)
    query = query.order_by(Alert.opened_at.desc(), Alert.id.desc()).limit(limit + 1)
    return session.execute(query).all()


def find_alert(session: Session, alert_id: UUID, locations: Locations) -> tuple[Alert, Product] | None:
    """One alert with its product, its row locked."""
    query = _visible(select(Alert, Product).join(Product, Product.id == Alert.product_id), locations)
    return session.execute(query.where(Alert.id == alert_id).with_for_update(of=Alert)).one_or_none()


def with_places(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[Alert, Product, Location]]:
    """Alerts by id with product and place."""
    query = (
        select(Alert, Product, Location)
        .join(Product, Product.id == Alert.product_id)
        .join(Location, Location.id == Alert.location_id)
        .where(Alert.id.in_(ids))
    )
    return {row[0].id: row for row in session.execute(query)}


def _visible(query: Select[Alert, Product], locations: Locations) -> Select[Alert, Product]:
    return query if locations is None else query.where(Alert.location_id.in_(locations))


# ------------------------------------------------------------------ rules


def rules_of_kind(session: Session, kind: str) -> list[Rule]:
    """The rules of a kind, oldest first."""
    rows = session.scalars(select(AlertRule).where(AlertRule.kind == kind).order_by(AlertRule.created_at, AlertRule.id))
    return [Rule(row.id, row.location_id, row.product_id, row.threshold, row.is_enabled) for row in rows]


def find_rules(session: Session, locations: Locations, limit: int, after: UUID | None) -> Sequence[AlertRule]:
    """Up to `limit + 1` rules that concern what may be seen; those for everywhere concern everybody."""
    query = select(AlertRule)
    if locations is not None:
        query = query.where(or_(AlertRule.location_id.is_(None), AlertRule.location_id.in_(locations)))
    if after is not None:
        query = query.where(AlertRule.id < after)
    return session.scalars(query.order_by(AlertRule.id.desc()).limit(limit + 1)).all()


def lock_rule(session: Session, rule_id: UUID) -> AlertRule | None:
    """One rule, its row locked."""
    return session.get(AlertRule, rule_id, with_for_update=True, populate_existing=True)


def all_locations(session: Session) -> list[UUID]:
    """The ids of every location."""
    return list(session.scalars(select(Location.id).order_by(Location.id)))


def known_pairs(session: Session, pairs: Collection[Pair]) -> set[Pair]:
    """Those of the pairs whose product and location exist."""
    products = set(session.scalars(select(Product.id).where(Product.id.in_({product for product, _ in pairs}))))
    places = set(session.scalars(select(Location.id).where(Location.id.in_({place for _, place in pairs}))))
    return {(product, place) for product, place in pairs if product in products and place in places}
