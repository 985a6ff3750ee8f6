"""Opened alerts become messages to the people who can order: once per alert and person."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy.orm import Session

from api.alerts import repository
from api.alerts.models import Alert
from api.catalog.models import Location, Product
from api.identity import people
from api.notifications.messages import Message
from api.notifications.service import notify
from api.outbox.events import Event
from api.purchasing.lifecycle import APPROVE

TYPES = frozenset({"alert.opened.v1"})
COLUMNS = {
    "low_stock": ("Item", "Left", "Reorder at", "Suggested order"),
    "predicted_stockout": ("Item", "Left", "Next delivery", "Suggested order"),
    "trend": ("Item", "Left", "Seen", "Suggested order"),
}
LARGER = {"g": ("kg", Decimal(1000)), "ml": ("l", Decimal(1000))}
WORDS = {
    "low_stock": ("below its reorder point", "below their reorder point"),
    "predicted_stockout": ("runs out before the next delivery", "run out before the next delivery"),
    "trend": ("is used in an unusual way", "are used in an unusual way"),
}


def consume(session: Session, events: Sequence[Event]) -> None:
    """Tell everybody who may approve orders at the alert's place; what has recovered meanwhile needs no mail."""
    found = repository.with_places(session, [UUID(event.payload["alert_id"]) for event in events])
    readers: dict[UUID, list[UUID]] = {}
    for event in events:
        row = found.get(UUID(event.payload["alert_id"]))
        if row is None or row[0].resolved_at is not None:
            continue
        alert, product, location = row
        if location.id not in readers:
            readers[location.id] = [person for person, _, _ in people.with_scope(session, APPROVE, location.id)]
        notify(
            session,
            event_id=event.id,
            user_ids=readers[location.id],
            message=write(alert, product, location),
            time_zone=location.time_zone,
        )


def write(alert: Alert, product: Product, location: Location) -> Message:
    """The message of one alert; its subject answers what happens where and how much is left."""
    one, many = WORDS[alert.kind]
    details = alert.details
    left = amount(details.get("on_hand"), details.get("unit"))
    verb = f"{product.name} {one}" + (f", {left} left" if left else "")
    number = details.get("purchase_order_number")
    return Message(
        kind=alert.kind,
        subject=f"{location.name}: {verb}",
        subject_many=f"{location.name}: {{n}} items {many}",
        intro=f"At {location.name} this wants attention.",
        columns=COLUMNS[alert.kind],
        rows=[(product.name, left or "–", _measure(alert), _order(alert))],
        facts=[f"The draft order {number} waits for approval."] if number else [],
        path=f"/orders/{alert.purchase_order_id}" if alert.purchase_order_id else "/alerts",
        button="Look at the order" if alert.purchase_order_id else "See the alerts",
        path_many="/alerts",
        button_many="See the alerts",
        group_key=f"{alert.kind}:{location.id}",
    )


def _measure(alert: Alert) -> str:
    """What the amount left is measured against: the threshold, or the delivery it has to last until."""
    details = alert.details
    if alert.kind == "low_stock":
        limit = details.get("threshold") or details.get("reorder_point")
        return amount(limit, details.get("unit")) or "–"
    return str(details.get("next_delivery_on") or details.get("day") or "–")


def amount(quantity: object, unit: object) -> str | None:
    """A quantity as people say it: 12000 g is 12 kg."""
    if quantity is None or unit is None:
        return None
    try:
        value, name = Decimal(str(quantity)), str(unit)
    except InvalidOperation:  # what the pipeline tells is shown, not trusted
        return None
    if not value.is_finite():
        return None
    larger, factor = LARGER.get(name, (name, Decimal(1)))
    if abs(value) >= factor:
        value, name = value / factor, larger
    rounded = value.quantize(Decimal("0.01")).normalize()
    return f"{rounded:f} {name}".replace(" each", "")


def _order(alert: Alert) -> str:
    if alert.kind == "trend":
        return "–"
    suggestion = alert.details.get("suggestion")
    supplier = alert.details.get("supplier")
    if not suggestion or not supplier:
        return "nobody sells it to us" if alert.details.get("order") == "no_supplier" else "–"
    if not suggestion["packs"]:
        return "enough is on order"
    pack = amount(suggestion["pack"], suggestion["unit"])
    return f"{suggestion['packs']} × {pack} from {supplier}"
