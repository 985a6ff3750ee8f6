"""Reading alerts, acknowledging them, and saying which thresholds hold."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from api.alerts import repository
from api.alerts.errors import AlertNotFound, RuleNotFound
from api.alerts.models import Alert, AlertRule
from api.alerts.schemas import AlertOut, Kind, ProductRef, RuleEdit, RuleIn, RuleOut
from api.audit.record import record
from api.catalog.models import Location, Product
from api.core.access import Principal
from api.core.creation import create_once
from api.core.errors import FieldProblem, Invalid
from api.core.pagination import Page, cut, decode_cursor
from api.core.preconditions import bump
from api.outbox.publish import publish

READ = "alerts.read"
EDIT = "alerts.edit"


def list_alerts(
    session: Session,
    principal: Principal,
    *,
    location_id: UUID | None,
    product_id: UUID | None,
    kind: Kind | None,
    is_open: bool | None,
    limit: int,
    cursor: str | None,
) -> Page[AlertOut]:
    """A page of the alerts at the person's locations, newest first.

    Raises:
        Invalid: the cursor is not one of this list's.
    """
    rows = repository.find_alerts(
        session,
        locations=principal.locations(READ),
        location_id=location_id,
        product_id=product_id,
        kind=kind,
        is_open=is_open,
        limit=limit,
        after=_after(cursor),
    )
    page, next_cursor = cut(rows, limit, lambda row: (row[0].opened_at.isoformat(), row[0].id))
    return Page(items=[present(alert, product) for alert, product in page], next_cursor=next_cursor)


def acknowledge(session: Session, principal: Principal, alert_id: UUID) -> AlertOut:
    """Note that somebody takes care of it; the first who says so stays on record.

    Raises:
        AlertNotFound: there is none where the person may edit alerts.
    """
    found = repository.find_alert(session, alert_id, principal.locations(EDIT))
    if found is None:
        raise AlertNotFound("There is no such alert, or none that you may see.")
    alert, product = found
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by = datetime.now(UTC), principal.id
        session.flush()
        record(
            session,
            actor_id=principal.id,
            action="alert.acknowledged",
            subject_type="alert",
            subject_id=alert.id,
            location_id=alert.location_id,
        )
    return present(alert, product)


def present(alert: Alert, product: Product) -> AlertOut:
    """An alert with the name of its product."""
    plain = ("id", "kind", "severity", "location_id", "rule_id", "purchase_order_id", "details", "opened_at")
    ends = ("acknowledged_at", "acknowledged_by", "resolved_at")
    return AlertOut(
        **{name: getattr(alert, name) for name in (*plain, *ends)},
        product=ProductRef(id=product.id, sku=product.sku, name=product.name),
    )


# ------------------------------------------------------------------ rules


def list_rules(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[RuleOut]:
    """A page of the rules that concern the person's locations, newest first.

    Raises:
        Invalid: the cursor is not one of this list's.
    """
    after = decode_cursor(cursor, 1)[0] if cursor else None
    try:
        rows = repository.find_rules(session, principal.locations(READ), limit, UUID(after) if after else None)
    except (ValueError, AttributeError, TypeError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
    page, next_cursor = cut(rows, limit, lambda row: (row.id,))
    return Page(items=[RuleOut.model_validate(row) for row in page], next_cursor=next_cursor)


def create_rule(session: Session, principal: Principal, asked: RuleIn) -> RuleOut:
    """Set a threshold; a rule for everywhere takes somebody who may edit alerts everywhere.

    Raises:
        NotFound, Forbidden: not a place where the person may edit alerts.
        Invalid: there is no such product or location.
    """
    _may_edit(principal, asked.location_id)
    _refuse_unknown(session, asked)
    return create_once(
        session,
        actor_id=principal.id,
        route="alert-rules",
        row_id=asked.id,
        body=asked,
        answer=RuleOut,
        create=lambda: _insert(session, principal, asked),
    )


def edit_rule(session: Session, principal: Principal, rule_id: UUID, asked: RuleEdit, expected_version: int) -> RuleOut:
    """Change a rule's threshold or switch it.

    Raises:
        RuleNotFound, Forbidden, VersionConflict: see their names.
    """
    rule = repository.lock_rule(session, rule_id)
    seen = principal.locations(READ)
    if rule is None or (rule.location_id is not None and seen is not None and rule.location_id not in seen):
        raise RuleNotFound("There is no such rule, or none that you may see.")
    _may_edit(principal, rule.location_id)
    bump(rule, expected_version)
    for name in asked.model_fields_set:
        setattr(rule, name, getattr(asked, name))
    _changed(session, principal, rule, "edited")
    return RuleOut.model_validate(rule)


def _insert(session: Session, principal: Principal, asked: RuleIn) -> AlertRule:
    rule = AlertRule(**asked.model_dump(exclude={"id"}), created_by=principal.id)
    if asked.id is not None:
        rule.id = asked.id
    session.add(rule)
    session.flush()
    session.refresh(rule)
    _changed(session, principal, rule, "created")
    return rule


def _changed(session: Session, principal: Principal, rule: AlertRule, what: str) -> None:
    session.flush()
    record(
        session,
        actor_id=principal.id,
        action=f"alert_rule.{what}",
        subject_type="alert_rule",
        subject_id=rule.id,
        location_id=rule.location_id,
    )
    publish(
        session,
        "alert_rule.changed.v1",
        subject_id=rule.id,
        payload={
            "rule_id": str(rule.id),
            "kind": rule.kind,
            "location_id": str(rule.location_id) if rule.location_id else None,
            "product_id": str(rule.product_id) if rule.product_id else None,
        },
    )


def _may_edit(principal: Principal, location_id: UUID | None) -> None:
    if location_id is None:
        principal.must_everywhere(EDIT)
    else:
        principal.must(EDIT, location_id)


def _refuse_unknown(session: Session, asked: RuleIn) -> None:
    problems = []
    if asked.product_id is not None and session.get(Product, asked.product_id) is None:
        problems.append(FieldProblem("product_id", "unknown_product", "There is no such product."))
    if asked.location_id is not None and session.get(Location, asked.location_id) is None:
        problems.append(FieldProblem("location_id", "unknown_location", "There is no such location."))
    if problems:
        raise Invalid("The rule is about something that does not exist.", errors=tuple(problems))


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, alert_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(alert_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
