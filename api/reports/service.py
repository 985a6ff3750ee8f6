"""Definitions: who may see and change which, and what a definition must name to be one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.core.errors import Conflict, FieldProblem, IdempotencyConflict, Invalid
from api.core.pagination import encode_cursor, read_cursor
from api.core.preconditions import bump
from api.identity import people
from api.reports import marts, repository
from api.reports.errors import LoadChanged, ReportNotFound
from api.reports.models import ReportDefinition
from api.reports.schemas import ColumnBody, NewReport, ReportEdit, RowsBody, RunNow

FIXED_IN_BUILTINS = frozenset({"name", "columns", "filters"})
CONTENT = ("code", "name", "mart", "columns", "filters", "format", "schedule", "location_id", "recipients",
           "on_failed_gate", "keep_days", "keep_exports")  # fmt: skip
MAY_BE_TAKEN_AWAY = frozenset({"schedule", "keep_days", "keep_exports"})


def visible(
    session: Session, principal: Principal, report_id: UUID, scope: str, *, lock: bool = False
) -> ReportDefinition:
    """A definition about a location where the scope is held, or about none in particular.

    Raises:
        ReportNotFound: there is none, or none that you may see.
    """
    found = repository.report(session, report_id, lock=lock)
    if found is None or (found.location_id is not None and not principal.may(scope, found.location_id)):
        raise ReportNotFound
    return found


def create(session: Session, principal: Principal, wanted: NewReport) -> tuple[ReportDefinition, bool]:
    """The definition with the client's id, and whether it was made just now.

    Raises:
        IdempotencyConflict: the id stands for another definition.
        Conflict: the code is taken.
        Invalid: mart, column, filter or recipient is none.
        Forbidden, NotFound: the scope is not held for what the report would show.
    """
    _must_cover(principal, wanted.location_id)
    before = repository.report(session, wanted.id)
    if before is not None:
        if any(getattr(before, name) != getattr(wanted, name) for name in CONTENT):
            raise IdempotencyConflict("This id stands for another report.")
        return before, False
    if repository.report_coded(session, wanted.code) is not None:
        raise Conflict("Another report has this code.", code="code_taken")
    _check_content(wanted.mart, wanted.columns, wanted.filters)
    _check_recipients(session, wanted.recipients, wanted.location_id)
    report = ReportDefinition(**wanted.model_dump(), created_by=principal.id)
    session.add(report)
    session.flush()
    _record(session, principal, "report.created", report)
    return report, True


def edit(session: Session, principal: Principal, report_id: UUID, change: ReportEdit, version: int) -> ReportDefinition:
    """Change a definition.

    Raises:
        ReportNotFound, VersionConflict, Forbidden.
        Conflict: a built-in report keeps its name, columns and filters.
        Invalid: a column, filter or recipient is none.
    """
    report = visible(session, principal, report_id, "reports.edit", lock=True)
    _must_cover(principal, report.location_id)
    fields = change.model_fields_set
    if report.is_builtin and fields & FIXED_IN_BUILTINS:
        raise Conflict("A built-in report keeps its name, columns and filters.", code="builtin_report")
    bump(report, version)
    if change.columns is not None or change.filters is not None:
        columns = report.columns if change.columns is None else change.columns
        _check_content(report.mart, columns, report.filters if change.filters is None else change.filters)
    if change.recipients is not None:
        _check_recipients(session, change.recipients, report.location_id)
    for name in fields:
        value = getattr(change, name)
        if value is not None or name in MAY_BE_TAKEN_AWAY:
            setattr(report, name, value)
    session.flush()
    _record(session, principal, "report.edited", report, fields=sorted(fields))
    return report


def run_now(principal: Principal, report: ReportDefinition, asked: RunNow) -> RowsBody:
    """A page of the report's rows as they are published now, at the locations that the reader may see.

    Raises:
        MartNotPublished, WarehouseAway, Invalid.
        LoadChanged: the marts were published anew since the page before.
    """
    with marts.warehouse() as connection:
        mart = marts.must_be_published(connection, report.mart)
        load_id = marts.load_of(connection, mart)
        columns = mart.chosen(report.columns)
        question = marts.Question(
            mart=mart,
            columns=columns,
            filters=report.filters,
            business_day=asked.business_day,
            locations=_places(principal, report),
            offset=_offset(asked.cursor, load_id),
            limit=asked.limit,
        )
        found = marts.rows(connection, question)
    has_more = len(found) > asked.limit
    return RowsBody(
        report_id=report.id,
        columns=[ColumnBody(name=name, type=mart.columns[name]) for name in columns],
        rows=found[: asked.limit],
        load_id=load_id,
        next_cursor=encode_cursor(question.offset + asked.limit, load_id or "") if has_more else None,
    )


def _offset(cursor: str | None, load_id: str | None) -> int:
    if cursor is None:
        return 0
    offset, read_from = read_cursor(cursor, int, str)
    if not 0 <= offset < 2**31:
        raise Invalid("The cursor is not one of this list's.", code="bad_cursor")
    if read_from != (load_id or ""):
        raise LoadChanged("The marts were published anew; start from the first page.")
    return int(offset)


def _places(principal: Principal, report: ReportDefinition) -> Collection[UUID] | None:
    """The locations whose rows may be shown: the report's own, else all that the reader may see."""
    if report.location_id is not None:
        return [report.location_id]
    return principal.locations("reports.read")


def _must_cover(principal: Principal, location_id: UUID | None) -> None:
    """A report about every location would show its recipients all of them."""
    if location_id is None:
        principal.must_everywhere("reports.edit")
    else:
        principal.must("reports.edit", location_id)


def _check_content(mart_name: str, columns: Sequence[str], filters: Mapping[str, Any]) -> None:
    with marts.warehouse() as connection:
        mart = marts.mart(connection, mart_name)
    if mart is None:
        problem = FieldProblem("mart", "unknown_mart", "The pipeline publishes no such mart.")
        raise Invalid("There is no such mart.", code="unknown_mart", errors=(problem,))
    mart.chosen([*columns, *filters])


def _check_recipients(session: Session, recipients: Collection[UUID], location_id: UUID | None) -> None:
    may_read = {found[0] for found in people.with_scope(session, "reports.read", location_id)}
    strangers = [recipient for recipient in recipients if recipient not in may_read]
    if strangers:
        problems = tuple(
            FieldProblem("recipients", "unknown_recipient", f"{stranger} may not read this report.")
            for stranger in strangers
        )
        raise Invalid("A recipient may not read this report.", code="unknown_recipient", errors=problems)


def _record(session: Session, principal: Principal, action: str, report: ReportDefinition, **details: Any) -> None:
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="report",
        subject_id=report.id,
        location_id=report.location_id,
        details=dict(details),
    )
