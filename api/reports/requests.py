"""Exports that somebody asks for: kept as pending runs, made by the pipeline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.core.errors import IdempotencyConflict
from api.reports import repository
from api.reports.errors import ReportRunNotFound
from api.reports.models import ReportDefinition, ReportRun
from api.reports.schemas import RunNow


def request_run(session: Session, principal: Principal, report: ReportDefinition, asked: RunNow) -> ReportRun:
    """The run with the client's id; the same request again answers the same run.

    Raises:
        Forbidden, NotFound: its file would show locations that the person may not see.
        IdempotencyConflict: the id stands for another run.
    """
    if report.location_id is None:
        principal.must_everywhere("reports.read")
    else:
        principal.must("reports.read", report.location_id)
    assert asked.id is not None
    return make_run(
        session,
        report,
        run_id=asked.id,
        business_day=asked.business_day or yesterday(),
        file_format=asked.format or report.format,
        requested_by=principal.id,
    )


def make_run(
    session: Session,
    report: ReportDefinition,
    *,
    run_id: UUID,
    business_day: date,
    file_format: str,
    requested_by: UUID | None,
    status: str = "pending",
) -> ReportRun:
    """A run that is to be made, and who asked for it; `running` where the caller makes it at once.

    Raises:
        IdempotencyConflict: the id stands for another run.
    """
    before = repository.asked_run(session, run_id)
    if before is not None:
        if (before.report_id, before.requested_by) != (report.id, requested_by):
            raise IdempotencyConflict("This id stands for another run.")
        if (before.business_day, before.format) != (business_day, file_format):
            raise IdempotencyConflict("This id stands for an export of another day or format.")
        return before
    run = ReportRun(
        id=run_id,
        report_id=report.id,
        status=status,
        business_day=business_day,
        format=file_format,
        requested_by=requested_by,
    )
    session.add(run)
    session.flush()
    session.refresh(run)
    record(
        session,
        actor_id=requested_by,
        action="report.requested",
        subject_type="report",
        subject_id=report.id,
        location_id=report.location_id,
        details={"run_id": str(run_id), "business_day": str(business_day), "format": file_format},
    )
    return run


def awaited(session: Session, run_id: UUID, report_id: UUID) -> ReportRun:
    """The run that the pipeline says it has made, locked.

    Raises:
        ReportRunNotFound: nobody asked for it.
    """
    run = repository.asked_run(session, run_id)
    if run is None or run.report_id != report_id:
        raise ReportRunNotFound
    return run


def yesterday() -> date:
    """The last day that is over, UTC."""
    return datetime.now(UTC).date() - timedelta(days=1)
