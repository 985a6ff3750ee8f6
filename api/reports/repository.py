"""The only queries on report definitions and runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import literal, or_, select, text, tuple_
from sqlalchemy.orm import Session

from api.reports.models import ReportDefinition, ReportRun


def report(session: Session, report_id: UUID, *, lock: bool = False) -> ReportDefinition | None:
    """One definition."""
    return session.get(ReportDefinition, report_id, with_for_update=lock or None, populate_existing=lock)


def report_coded(session: Session, code: str) -> ReportDefinition | None:
    """The definition of this code."""
    return session.execute(select(ReportDefinition).where(ReportDefinition.code == code)).scalar_one_or_none()


def reports_page(
    session: Session, *, locations: Collection[UUID] | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[ReportDefinition]:
    """Definitions by code: those of these locations (None: all) and those of no location in particular."""
    statement = select(ReportDefinition).order_by(ReportDefinition.code, ReportDefinition.id).limit(limit)
    if locations is not None:
        mine = ReportDefinition.location_id.in_(locations)
        statement = statement.where(or_(ReportDefinition.location_id.is_(None), mine))
    if after:
        statement = statement.where(
            tuple_(ReportDefinition.code, ReportDefinition.id) > tuple_(literal(after[0]), literal(after[1]))
        )
    return session.scalars(statement).all()


def run(session: Session, run_id: UUID) -> tuple[ReportRun, ReportDefinition] | None:
    """A run and its report."""
    row = session.execute(
        select(ReportRun, ReportDefinition)
        .join(ReportDefinition, ReportDefinition.id == ReportRun.report_id)
        .where(ReportRun.id == run_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def same_run(
    session: Session, report_id: UUID, business_day: date, status: str, sha256: str | None
) -> ReportRun | None:
    """The run that was told of before with the same outcome: the same file, or the same failure."""
    checksum = ReportRun.sha256.is_(None) if sha256 is None else ReportRun.sha256 == sha256
    return session.execute(
        select(ReportRun)
        .where(
            ReportRun.report_id == report_id,
            ReportRun.business_day == business_day,
            ReportRun.status == status,
            checksum,
        )
        .order_by(ReportRun.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def runs_page(
    session: Session,
    *,
    report_id: UUID | None,
    status: str | None,
    locations: Collection[UUID] | None,
    before: UUID | None,
    limit: int,
) -> Sequence[tuple[ReportRun, ReportDefinition]]:
    """Runs, the newest first; `locations` leaves those of reports about these places alone (None: all)."""
    statement = (
        select(ReportRun, ReportDefinition)
        .join(ReportDefinition, ReportDefinition.id == ReportRun.report_id)
        .order_by(ReportRun.id.desc())
        .limit(limit)
    )
    if report_id is not None:
        statement = statement.where(ReportRun.report_id == report_id)
    if status is not None:
        statement = statement.where(ReportRun.status == status)
    if locations is not None:
        statement = statement.where(ReportDefinition.location_id.in_(locations))
    if before is not None:
        statement = statement.where(ReportRun.id < before)
    return [(row[0], row[1]) for row in session.execute(statement)]


def asked_run(session: Session, run_id: UUID) -> ReportRun | None:
    """A run, locked until the transaction ends."""
    return session.get(ReportRun, run_id, with_for_update=True, populate_existing=True)


EXPIRED = text("""
    with kept as (
        select run.id, run.object_key, run.created_at, report.keep_days, report.keep_exports,
               row_number() over newest as place,
               row_number() over (partition by run.report_id, coalesce(run.gates ->> 'status', 'good') = 'good'
                                  order by run.created_at desc, run.id desc) as place_among_alike,
               coalesce(run.gates ->> 'status', 'good') = 'good' as is_good
          from report_runs as run join report_definitions as report on report.id = run.report_id
         where run.status = 'succeeded' and run.deleted_at is null
        window newest as (partition by run.report_id order by run.created_at desc, run.id desc)
    ), verdict as (
        select id, object_key,
               not (is_good and place_among_alike = 1)
               and (coalesce(created_at < now() - make_interval(days => keep_days), false)
                    or coalesce(place > keep_exports, false)) as is_expired
          from kept
    )
    select id from verdict as mine
     where is_expired and not exists (
           select 1 from verdict as other where other.object_key = mine.object_key and not other.is_expired)
     order by id limit :most
""")
"""Older than its report keeps, or beyond their number; never the newest good one, nor a file that a kept run names."""


def expired_runs(session: Session, most: int) -> Sequence[tuple[ReportRun, ReportDefinition]]:
    """Runs whose files are to be deleted, locked."""
    ids = list(session.scalars(EXPIRED, {"most": most}))
    statement = (
        select(ReportRun, ReportDefinition)
        .join(ReportDefinition, ReportDefinition.id == ReportRun.report_id)
        .where(ReportRun.id.in_(ids), ReportRun.deleted_at.is_(None))
        .order_by(ReportRun.id)
        .with_for_update(of=ReportRun, skip_locked=True)
    )
    return [(row[0], row[1]) for row in session.execute(statement)]
