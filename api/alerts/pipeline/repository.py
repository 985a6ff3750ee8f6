"""The rows of failed runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.alerts.pipeline.models import PipelineFailure


def open_failure(session: Session, row: dict[str, Any]) -> PipelineFailure | None:
    """Keep the first failure of a job on a day; None where one is kept already."""
    return session.scalars(
        insert(PipelineFailure).values(row).on_conflict_do_nothing().returning(PipelineFailure)
    ).first()


def failure_of(session: Session, job: str, day: object) -> PipelineFailure:
    """The failure that is kept of a job's day, its row locked."""
    query = select(PipelineFailure).where(PipelineFailure.job == job, PipelineFailure.day == day)
    return session.scalars(query.with_for_update()).one()


def resolve(session: Session, job: str) -> list[UUID]:
    """The job has succeeded: what is open of it is over. Gives the ids."""
    statement = (
        update(PipelineFailure)
        .where(PipelineFailure.job == job, PipelineFailure.resolved_at.is_(None))
        .values(resolved_at=func.clock_timestamp())
        .returning(PipelineFailure.id)
    )
    return list(session.scalars(statement))


def find(session: Session, failure_id: UUID) -> PipelineFailure | None:
    """One failure."""
    return session.get(PipelineFailure, failure_id)


def page(
    session: Session, *, is_open: bool | None, limit: int, after: tuple[datetime, UUID] | None
) -> Sequence[PipelineFailure]:
    """Up to `limit + 1` failures, newest first."""
    query = select(PipelineFailure)
    if is_open is not None:
        query = query.where(
            PipelineFailure.resolved_at.is_(None) if is_open else PipelineFailure.resolved_at.is_not(None)
        )
    if after is not None:
        query = query.where(tuple_(PipelineFailure.failed_at, PipelineFailure.id) < after)
    order = (PipelineFailure.failed_at.desc(), PipelineFailure.id.desc())
    return session.scalars(query.order_by(*order).limit(limit + 1)).all()
