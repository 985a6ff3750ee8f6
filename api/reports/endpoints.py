"""Reports: definitions, rows at once, and finished exports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, read_cursor
from api.core.preconditions import ExpectedVersion
from api.reports import repository, requests, runs, service
from api.reports.schemas import FinishedRun, NewReport, ReportBody, ReportEdit, RowsBody, RunBody, RunNow, RunStatus

router = APIRouter(prefix="/api/reports", tags=["reports"])
runs_router = APIRouter(prefix="/api/report-runs", tags=["reports"])

Reader = Annotated[Principal, Requires("reports.read")]
Editor = Annotated[Principal, Requires("reports.edit")]
Publisher = Annotated[Principal, Requires("reports.publish")]


@router.get("")
def list_reports(session: DbSession, principal: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[ReportBody]:
    """Definitions by code."""
    code, report_id = read_cursor(cursor, str, UUID) if cursor else (None, None)
    found = repository.reports_page(
        session,
        locations=principal.locations("reports.read"),
        after=(code, report_id) if code is not None and report_id is not None else None,
        limit=limit + 1,
    )
    page, next_cursor = cut(found, limit, lambda report: (report.code, report.id))
    return Page(items=[ReportBody.model_validate(report) for report in page], next_cursor=next_cursor)


@router.get("/{report_id}")
def read_report(report_id: UUID, session: DbSession, principal: Reader) -> ReportBody:
    """One definition."""
    return ReportBody.model_validate(service.visible(session, principal, report_id, "reports.read"))


@router.post("", status_code=201)
def create_report(response: Response, body: NewReport, session: DbSession, principal: Editor) -> ReportBody:
    """Define a report of one's own over a published mart."""
    report, is_new = service.create(session, principal, body)
    response.status_code = 201 if is_new else 200
    return ReportBody.model_validate(report)


@router.patch("/{report_id}")
def edit_report(
    report_id: UUID, body: ReportEdit, session: DbSession, principal: Editor, version: ExpectedVersion
) -> ReportBody:
    """Change a definition; of a built-in one, its format, schedule, recipients and whether it is on."""
    report = service.edit(session, principal, report_id, body, version)
    session.refresh(report)
    return ReportBody.model_validate(report)


@router.post("/{report_id}/run", responses={202: {"model": RunBody, "description": "The export is being made"}})
def run_report(
    report_id: UUID, response: Response, session: DbSession, principal: Reader, body: RunNow | None = None
) -> RowsBody | RunBody:
    """The report's rows as JSON, as published now, at the locations you may see; or an export, made in the background.

    An export answers 202 with its run; ask `GET /api/report-runs/{id}` for it until it is no longer pending.
    """
    report = service.visible(session, principal, report_id, "reports.read")
    if body is None or not body.export:
        return service.run_now(principal, report, body or RunNow())
    run = requests.request_run(session, principal, report, body)
    response.status_code = 202
    response.headers["Location"] = f"/api/report-runs/{run.id}"
    return runs.body(run, report)


@runs_router.get("")
def list_runs(
    session: DbSession,
    principal: Reader,
    report_id: UUID | None = None,
    status: RunStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RunBody]:
    """Exports, the newest first."""
    before = read_cursor(cursor, UUID)[0] if cursor else None
    mine = principal.locations("reports.read")
    found = repository.runs_page(
        session, report_id=report_id, status=status, locations=mine, before=before, limit=limit + 1
    )
    page, next_cursor = cut(found, limit, lambda pair: (pair[0].id,))
    return Page(items=[runs.body(run, report) for run, report in page], next_cursor=next_cursor)


@runs_router.get("/{run_id}")
def read_run(run_id: UUID, session: DbSession, principal: Reader) -> RunBody:
    """An export with a link to its file, good for a quarter of an hour."""
    run, report = runs.readable(session, principal, run_id)
    return runs.body(run, report, with_link=True)


@runs_router.post("", status_code=201)
def finish_run(response: Response, body: FinishedRun, session: DbSession, principal: Publisher) -> RunBody:
    """For the pipeline: what became of an export. Its recipients are told once per file."""
    principal.must_everywhere("reports.publish")
    run, report, is_new = runs.finish(session, principal, body)
    response.status_code = 201 if is_new else 200
    return runs.body(run, report)
