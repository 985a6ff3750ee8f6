"""Finished exports: told by the pipeline, announced to their recipients, fetched by link."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.core.errors import FieldProblem, Invalid
from api.files.store import checked_key, get_store
from api.identity import people
from api.outbox.publish import publish
from api.reports import repository
from api.reports.errors import ReportNotFound, ReportRunNotFound
from api.reports.models import ReportDefinition, ReportRun
from api.reports.requests import awaited
from api.reports.schemas import DownloadBody, FinishedRun, RunBody

LINK_SECONDS = 15 * 60
ANNOUNCED = {"succeeded": "report.exported.v1", "held": "report.held.v1"}
DEFAULT_AUDIENCE = "purchase_orders.approve"  # whoever runs the house: a report without recipients goes to them


def finish(session: Session, principal: Principal, told: FinishedRun) -> tuple[ReportRun, ReportDefinition, bool]:
    """Keep what became of a run and announce a file that succeeded; the same outcome again announces nothing.

    A run that somebody had asked for is told by its id and told once.

    Raises:
        ReportNotFound: there is no such report.
        ReportRunNotFound: nobody asked for this run.
        Invalid: a key is not one of this report's, or nothing lies under it.
    """
    report = repository.report(session, told.report_id, lock=True)  # two tellings of one run take turns
    if report is None:
        raise ReportNotFound
    if told.run_id is not None:
        run = awaited(session, told.run_id, report.id)
        if run.finished_at is not None:
            return run, report, False
        before = None
    else:
        run = ReportRun(report_id=report.id, requested_by=principal.id)
        before = repository.same_run(session, told.report_id, told.business_day, told.status, told.sha256)
        if before is not None and before.object_key == told.object_key:
            return before, report, False
    if told.status == "succeeded":
        _check_objects(report, told)
    for name, value in told.model_dump(exclude={"run_id", "report_id"}).items():
        setattr(run, name, value)
    run.finished_at = func.clock_timestamp()
    session.add(run)
    session.flush()
    session.refresh(run)
    _record(session, principal, report, run)
    if before is None:  # the same file made again is worth a row, not a mail
        told_to = audience(session, report) if told.run_id is None else asker(session, report, run)
        _announce(session, report, run, told_to)
    return run, report, True


def _check_objects(report: ReportDefinition, told: FinishedRun) -> None:
    """A run may point to this report's own exports and to nothing else in the store."""
    for name in ("object_key", "manifest_key"):
        key = checked_key(getattr(told, name))
        if not key.startswith(f"exports/{report.code}/") or not get_store().exists(key):
            problem = FieldProblem(name, "no_such_export", f"There is no export of {report.code} under this key.")
            raise Invalid("The run names a file that is not there.", code="no_such_export", errors=(problem,))


def _record(session: Session, principal: Principal, report: ReportDefinition, run: ReportRun) -> None:
    record(
        session,
        actor_id=principal.id,
        action=f"report.{run.status}",
        subject_type="report",
        subject_id=report.id,
        location_id=report.location_id,
        details={"run_id": str(run.id), "business_day": str(run.business_day), "object_key": run.object_key},
    )


def _announce(session: Session, report: ReportDefinition, run: ReportRun, told_to: Collection[UUID]) -> None:
    """Tell of a file, or of one that is held; a failure is the pipeline's own business."""
    if run.status not in ANNOUNCED:
        return
    payload = {
        "run_id": str(run.id),
        "report_id": str(report.id),
        "report_code": report.code,
        "report_name": report.name,
        "business_day": str(run.business_day),
        "format": run.format,
        "row_count": run.row_count,
        "object_key": run.object_key,
        "reasons": (run.gates or {}).get("reasons", []),
        "location_id": str(report.location_id) if report.location_id else None,
        "recipients": [str(recipient) for recipient in told_to],
    }
    publish(session, ANNOUNCED[run.status], subject_id=run.id, payload=payload)


def audience(session: Session, report: ReportDefinition) -> list[UUID]:
    """Who is told: the recipients who may still read it; for a scheduled report without any, whoever runs the house."""
    may_read = [found[0] for found in people.with_scope(session, "reports.read", report.location_id)]
    if report.recipients:
        return [person for person in may_read if person in set(report.recipients)]
    if report.schedule is None:
        return []
    in_charge = {found[0] for found in people.with_scope(session, DEFAULT_AUDIENCE, report.location_id)}
    return [person for person in may_read if person in in_charge]


def asker(session: Session, report: ReportDefinition, run: ReportRun) -> list[UUID]:
    """Who asked for the export, while they may still read it; nobody for one of the command line."""
    may_read = (found[0] for found in people.with_scope(session, "reports.read", report.location_id))
    return [person for person in may_read if person == run.requested_by]


def readable(session: Session, principal: Principal, run_id: UUID) -> tuple[ReportRun, ReportDefinition]:
    """A run whose whole file the reader may see: one about every location needs the scope everywhere.

    Raises:
        ReportRunNotFound: there is none, or none that you may see.
    """
    found = repository.run(session, run_id)
    mine = principal.locations("reports.read")
    if found is None or (mine is not None and found[1].location_id not in mine):
        raise ReportRunNotFound
    return found


def body(run: ReportRun, report: ReportDefinition, *, with_link: bool = False) -> RunBody:
    """The answer about a run."""
    answer = RunBody.model_validate(
        {name: getattr(run, name, None) for name in RunBody.model_fields} | {"report_code": report.code}
    )
    if with_link and run.status == "succeeded" and run.object_key and run.deleted_at is None:
        expires_at = datetime.now(UTC) + timedelta(seconds=LINK_SECONDS)
        url = get_store().link(run.object_key, seconds=LINK_SECONDS)
        answer.download = DownloadBody(url=url, expires_in=LINK_SECONDS, expires_at=expires_at)
    return answer
