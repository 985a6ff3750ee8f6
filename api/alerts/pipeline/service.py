"""What became of a run: a failure is told once per job and day, and is over with the job's next success."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from api.alerts.pipeline import repository
from api.alerts.pipeline.models import PipelineFailure
from api.alerts.pipeline.schemas import FailureOut, OutcomeOut, RunOutcome
from api.audit.record import record
from api.core.access import Principal
from api.core.errors import Invalid
from api.core.pagination import Page, cut, decode_cursor
from api.identity import people
from api.notifications.messages import Message
from api.notifications.service import notify
from api.outbox.events import Event
from api.outbox.publish import publish

READ, RAISE = "alerts.read", "alerts.raise"
AUDIENCE = "alerts.edit"
"""Held everywhere: whoever runs the whole house hears of the pipeline, since it serves every restaurant."""
TYPES = frozenset({"pipeline.failed.v1"})
UNKNOWN = "The run ended without saying why."


def tell(session: Session, principal: Principal, outcome: RunOutcome) -> OutcomeOut:
    """Keep a failure, or end those of a job that has succeeded.

    Raises:
        Forbidden: the caller does not raise alerts for every location.
    """
    principal.must_everywhere(RAISE)
    if outcome.status == "succeeded":
        return _resolve(session, principal, outcome)
    newest = {"step": outcome.step, "run_id": outcome.run_id, "error": outcome.error or UNKNOWN, "url": outcome.url}
    opened = repository.open_failure(session, {"job": outcome.job, "day": outcome.day, **newest})
    if opened is not None:
        _audit(session, principal, "pipeline.failed", opened.id, {"job": outcome.job, "run_id": str(outcome.run_id)})
        publish(session, "pipeline.failed.v1", subject_id=opened.id, payload={"failure_id": str(opened.id)})
        return OutcomeOut(status="opened", failure_id=opened.id)
    known = repository.failure_of(session, outcome.job, outcome.day)
    if known.run_id != outcome.run_id:  # another run of that day: it is open again, and everybody has been told
        for name, value in newest.items():
            setattr(known, name, value)
        known.resolved_at = None
        session.flush()
    return OutcomeOut(status="open", failure_id=known.id)


def _resolve(session: Session, principal: Principal, outcome: RunOutcome) -> OutcomeOut:
    over = repository.resolve(session, outcome.job)
    for failure_id in over:
        _audit(session, principal, "pipeline.recovered", failure_id, {"job": outcome.job})
        publish(session, "pipeline.recovered.v1", subject_id=failure_id, payload={"failure_id": str(failure_id)})
    return OutcomeOut(status="resolved" if over else "nothing", resolved=len(over))


def list_failures(
    session: Session, principal: Principal, *, is_open: bool | None, limit: int, cursor: str | None
) -> Page[FailureOut]:
    """A page of failures, newest first.

    Raises:
        Forbidden: the person does not see alerts everywhere.
        Invalid: the cursor is not one of this list's.
    """
    principal.must_everywhere(READ)
    rows = repository.page(session, is_open=is_open, limit=limit, after=_after(cursor))
    page, next_cursor = cut(rows, limit, lambda row: (row.failed_at.isoformat(), row.id))
    return Page(items=[FailureOut.model_validate(row) for row in page], next_cursor=next_cursor)


def consume(session: Session, events: Sequence[Event]) -> None:
    """Tell whoever runs the house; what has recovered meanwhile needs no mail."""
    readers = [person for person, _, _ in people.with_scope(session, AUDIENCE, None)]
    for event in events:
        failure = repository.find(session, UUID(event.payload["failure_id"]))
        if failure is not None and failure.resolved_at is None:
            notify(session, event_id=event.id, user_ids=readers, message=write(failure))


def write(failure: PipelineFailure) -> Message:
    """The message of a failure; its subject answers what failed and where."""
    at = f" at {failure.step}" if failure.step else ""
    return Message(
        kind="pipeline_failed",
        subject=f"The {failure.job} run failed{at}",
        subject_many="{n} runs of the pipeline failed",
        intro="What people read stays as it was published last, until a run succeeds.",
        columns=("Job", "Step", "Why"),
        rows=[(failure.job, failure.step or "–", failure.error)],
        facts=[f"The run: {failure.url}"] if failure.url else [],
        path="/alerts",
        button="See the alerts",
        path_many="/alerts",
        button_many="See the alerts",
        group_key="pipeline_failed",
    )


def _audit(session: Session, principal: Principal, action: str, failure_id: UUID, details: dict[str, str]) -> None:
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="pipeline_failure",
        subject_id=failure_id,
        details=dict(details),
    )


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, failure_id = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(failure_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor") from error
