"""Stock against thresholds, set by set: what fell is opened with its order drafted, what recovered is resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.alerts import repository
from api.alerts.models import Alert
from api.alerts.repository import Pair
from api.alerts.rules import Rulebook, Threshold
from api.core.types import plain
from api.ledger.positions import StockState, stock_states
from api.outbox.events import Event
from api.outbox.publish import publish
from api.purchasing.drafts import add_to_drafts
from api.purchasing.lifecycle import OPEN
from api.purchasing.suggesting import Offer, make_offers

TYPES = frozenset(
    {
        "stock_movement.posted.v1",
        "inventory_item.policy_changed.v1",
        "purchase_order.status_changed.v1",
        "alert_rule.changed.v1",
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A product at a place and the threshold that holds there."""

    state: StockState
    threshold: Threshold | None

    @property
    def pair(self) -> Pair:
        """(product_id, location_id)"""
        return self.state.product_id, self.state.location_id

    @property
    def is_low(self) -> bool:
        """At or below the threshold; where none holds, nothing is low."""
        return self.threshold is not None and self.state.on_hand <= self.threshold.quantity


def consume(session: Session, events: Sequence[Event]) -> None:
    """Evaluate what the events are about, each product and place once however many events name it."""
    pairs: set[Pair] = set()
    freed: set[Pair] = set()
    places: set[UUID] = set()
    for event in events:
        if event.type == "alert_rule.changed.v1":
            places |= _places(session, event, pairs)
        else:
            pairs |= _pairs(event)
        if event.type == "purchase_order.status_changed.v1" and _gave_up(event):
            freed |= _pairs(event)
    evaluate(session, pairs, location_ids=places, redraft=freed)


def evaluate(
    session: Session,
    pairs: Collection[Pair],
    *,
    location_ids: Collection[UUID] = (),
    redraft: Collection[Pair] = (),
) -> list[Alert]:
    """Open and resolve `low_stock` alerts for these pairs and for all that these locations keep; the new alerts.

    `redraft`: pairs whose open order was given up, so that an alert which is still open gets a new line.
    """
    repository.lock_evaluation(session)
    states = stock_states(session, product_location_pairs=pairs, location_ids=location_ids)
    rulebook = Rulebook(repository.rules_of_kind(session, "low_stock"))
    verdicts = [
        Verdict(state, rulebook.threshold(state.product_id, state.location_id, state.reorder_point)) for state in states
    ]
    known = repository.open_alerts(session, ["low_stock"], [verdict.pair for verdict in verdicts])
    open_now = {pair: alert for (_, pair), alert in known.items()}
    close(session, [open_now[verdict.pair] for verdict in verdicts if verdict.pair in open_now and not verdict.is_low])
    fallen = [verdict for verdict in verdicts if verdict.is_low and verdict.pair not in open_now]
    opened = _open(session, fallen)
    again = [verdict.state for verdict in verdicts if verdict.is_low and verdict.pair in open_now.keys() & set(redraft)]
    if again:
        draft_orders(session, make_offers(session, again), open_now)
    return opened


def _open(session: Session, fallen: Sequence[Verdict]) -> list[Alert]:
    if not fallen:
        return []
    offers = {(offer.state.product_id, offer.state.location_id): offer for offer in make_offers(session, _of(fallen))}
    rows = [_row(verdict, offers[verdict.pair]) for verdict in fallen]
    alerts = repository.insert_alerts(session, rows)
    opened = {(alert.product_id, alert.location_id): alert for alert in alerts}
    draft_orders(session, [offers[pair] for pair in opened], opened)
    announce(session, alerts)
    return alerts


def draft_orders(session: Session, offers: Iterable[Offer], alerts: dict[Pair, Alert]) -> None:
    """Put what is missing into the standing drafts and tell each alert its order."""
    notes: dict[Pair, dict[str, Any]] = {pair: {"alert_id": str(alert.id)} for pair, alert in alerts.items()}
    placed = add_to_drafts(session, list(offers), origin="alert", notes=notes)
    for pair, order in placed.items():
        if pair in alerts:
            alerts[pair].purchase_order_id = order.id
            alerts[pair].details = alerts[pair].details | {"purchase_order_number": order.number}
    session.flush()


def announce(session: Session, alerts: Iterable[Alert]) -> None:
    """Tell the others that alerts were opened."""
    for alert in alerts:
        publish(session, "alert.opened.v1", subject_id=alert.id, payload=_payload(alert))
    session.flush()


def close(session: Session, alerts: Collection[Alert]) -> None:
    """Resolve alerts and tell the others."""
    if not alerts:
        return
    repository.resolve(session, [alert.id for alert in alerts])
    for alert in alerts:
        publish(session, "alert.resolved.v1", subject_id=alert.id, payload=_payload(alert))
    session.flush()


def _of(verdicts: Sequence[Verdict]) -> list[StockState]:
    return [verdict.state for verdict in verdicts]


def _row(verdict: Verdict, offer: Offer) -> dict[str, Any]:
    state, threshold = verdict.state, verdict.threshold
    details: dict[str, Any] = {
        "on_hand": plain(state.on_hand),
        "unit": state.unit,
        "threshold": None if threshold is None else plain(threshold.quantity),
        "reorder_point": None if state.reorder_point is None else plain(state.reorder_point),
        "par_level": None if state.par_level is None else plain(state.par_level),
        "suggestion": offer.suggestion.terms() if offer.suggestion else None,
        "supplier": offer.pack.supplier.name if offer.pack else None,
        "order": "no_supplier" if offer.pack is None else "suggested" if offer.packs else "covered",
    }
    return {
        "kind": "low_stock",
        "severity": "critical" if state.on_hand <= Decimal(0) else "attention",
        "rule_id": threshold.rule_id if threshold else None,
        "location_id": state.location_id,
        "product_id": state.product_id,
        "details": details,
    }


def _payload(alert: Alert) -> dict[str, Any]:
    return {
        "alert_id": str(alert.id),
        "kind": alert.kind,
        "location_id": str(alert.location_id),
        "product_id": str(alert.product_id),
        "purchase_order_id": str(alert.purchase_order_id) if alert.purchase_order_id else None,
    }


# ------------------------------------------------------------------ what events are about


def _pairs(event: Event) -> set[Pair]:
    payload = event.payload
    products = payload.get("product_ids") or [payload["product_id"]]
    locations = payload.get("location_ids") or [payload["location_id"]]
    return {(UUID(product), UUID(location)) for product in products for location in locations}


def _gave_up(event: Event) -> bool:
    """Whether goods that were asked for are not expected any more; a draft that is dropped was never asked for."""
    return event.payload["to"] in {"cancelled", "closed"} and event.payload["from"] in OPEN


def _places(session: Session, event: Event, pairs: set[Pair]) -> set[UUID]:
    """The locations that a rule covers; a rule for one product adds its pairs instead."""
    rule = event.payload
    named = [UUID(rule["location_id"])] if rule["location_id"] else repository.all_locations(session)
    if rule["product_id"]:
        pairs |= {(UUID(rule["product_id"]), location) for location in named}
        return set()
    return set(named)
