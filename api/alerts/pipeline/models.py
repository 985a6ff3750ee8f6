"""Runs of the pipeline that failed: one alert per job and day, until the job succeeds."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Identified


class PipelineFailure(Identified, Base):
    """A job that failed on a day; the step, run and error are the newest of that day."""

    __tablename__ = "pipeline_failures"
    __table_args__ = (
        UniqueConstraint("job", "day"),
        Index("ix_pipeline_failures_open", "job", postgresql_where=text("resolved_at is null")),
    )

    job: Mapped[str]
    day: Mapped[date]
    step: Mapped[str | None]
    run_id: Mapped[UUID]
    error: Mapped[str]
    url: Mapped[str | None]
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    resolved_at: Mapped[datetime | None]
