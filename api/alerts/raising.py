"""Alerts that the pipeline found, raised once per kind, product, place and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from api.alerts import evaluation, repository
from api.alerts.models import Alert
from api.alerts.repository import Pair
from api.alerts.schemas import RaisedAlert, RaiseIn, RaiseOut, RaiseResult
from api.audit.record import record
from api.core.access import Principal
from api.ledger.positions import stock_states
from api.purchasing.suggesting import make_offers

RAISE = "alerts.raise"
DRAFTING = frozenset({"low_stock", "predicted_stockout"})
"""Kinds that mean goods are missing: what the order policy lacks goes into the standing draft."""


def raise_alerts(session: Session, principal: Principal, asked: RaiseIn) -> RaiseOut:
    """Open what is new; what is open already takes the newer details and tells nobody again.

    Raises:
        NotFound: a location where the caller may not raise alerts.
    """
    for location_id in {alert.location_id for alert in asked.alerts} | set(asked.complete_for):
        principal.must(RAISE, location_id)
    repository.lock_evaluation(session)
    wanted = {_pair(alert): alert for alert in asked.alerts}
    known = repository.known_pairs(session, wanted.keys())
    used = repository.used_keys(session, [_key(asked, pair) for pair in wanted])
    before = {pair: alert for (_, pair), alert in repository.open_alerts(session, [asked.kind], list(wanted)).items()}
    new = [pair for pair in wanted if pair in known and pair not in before and _key(asked, pair) not in used]
    opened = _open(session, asked, [(pair, wanted[pair]) for pair in new])
    for pair, alert in before.items():
        alert.details = alert.details | wanted[pair].details
        alert.severity = wanted[pair].severity
    if asked.kind == "low_stock" and opened:
        evaluation.evaluate(session, opened.keys())  # the pipeline looked at a copy; what is true now decides
    resolved = _resolve_others(session, asked)
    results = [_result(asked, alert, opened, before, used) for alert in asked.alerts]
    counts = Counter(result.status for result in results)
    record(
        session,
        actor_id=principal.id,
        action="alerts.raised",
        subject_type="alert",
        details={"kind": asked.kind, "day": asked.day.isoformat(), "resolved": resolved} | dict(counts),
    )
    return RaiseOut(
        opened=counts["opened"],
        open=counts["open"],
        duplicate=counts["duplicate"],
        unknown=counts["unknown"],
        resolved=resolved,
        results=results,
    )


def _open(session: Session, asked: RaiseIn, new: Sequence[tuple[Pair, RaisedAlert]]) -> dict[Pair, Alert]:
    rows: list[dict[str, Any]] = [
        {
            "kind": asked.kind,
            "severity": alert.severity,
            "location_id": alert.location_id,
            "product_id": alert.product_id,
            "details": alert.details | {"day": asked.day.isoformat()},
            "idempotency_key": _key(asked, pair),
        }
        for pair, alert in new
    ]
    alerts = repository.insert_alerts(session, rows)
    opened = {(alert.product_id, alert.location_id): alert for alert in alerts}
    if asked.kind in DRAFTING and opened:
        _draft(session, opened)
    evaluation.announce(session, alerts)
    return opened


def _draft(session: Session, opened: dict[Pair, Alert]) -> None:
    offers = make_offers(session, stock_states(session, product_location_pairs=opened.keys()))
    for offer in offers:
        alert = opened[offer.state.product_id, offer.state.location_id]
        told = {
            "unit": offer.state.unit,
            "suggestion": offer.suggestion.terms() if offer.suggestion else None,
            "supplier": offer.pack.supplier.name if offer.pack else None,
            "order": "no_supplier" if offer.pack is None else "suggested" if offer.packs else "covered",
        }
        alert.details = alert.details | told
    evaluation.draft_orders(session, offers, opened)


def _resolve_others(session: Session, asked: RaiseIn) -> int:
    """Where the list is whole, what is open of this kind and not in it has recovered."""
    listed = {_pair(alert) for alert in asked.alerts}
    open_there = repository.open_at(session, asked.kind, asked.complete_for) if asked.complete_for else ()
    gone = [alert for alert in open_there if (alert.product_id, alert.location_id) not in listed]
    evaluation.close(session, gone)
    return len(gone)


def _result(
    asked: RaiseIn, alert: RaisedAlert, opened: dict[Pair, Alert], before: dict[Pair, Alert], used: dict[str, Any]
) -> RaiseResult:
    pair = _pair(alert)
    place = {"location_id": alert.location_id, "product_id": alert.product_id}
    if pair in opened:
        return RaiseResult(status="opened", alert_id=opened[pair].id, **place)
    if _key(asked, pair) in used:
        return RaiseResult(status="duplicate", alert_id=used[_key(asked, pair)], **place)
    if pair in before:
        return RaiseResult(status="open", alert_id=before[pair].id, **place)
    return RaiseResult(status="unknown", alert_id=None, **place)


def _pair(alert: RaisedAlert) -> Pair:
    return alert.product_id, alert.location_id


def _key(asked: RaiseIn, pair: Pair) -> str:
    product_id, location_id = pair
    return f"{asked.kind}:{location_id}:{product_id}:{asked.day.isoformat()}"
