"""Report definitions, built in and people's own, and what became of each run."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text, Uuid

from api.core.models import Base, Identified, Stamped, Versioned


class ReportDefinition(Identified, Versioned, Stamped, Base):
    """A mart, its columns and filters, and when it is exported to whom."""

    __tablename__ = "report_definitions"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("on_failed_gate in ('hold', 'stamp')", name="on_failed_gate"),
        CheckConstraint("keep_days > 0", name="keep_days"),
        CheckConstraint("keep_exports > 0", name="keep_exports"),
    )

    code: Mapped[str]
    name: Mapped[str]
    mart: Mapped[str]
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))  # empty: all
    filters: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    format: Mapped[str] = mapped_column(server_default=text("'csv'"))  # csv, parquet, xlsx, html, pdf
    schedule: Mapped[str | None]  # cron, in the location's time zone; null: on demand
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    recipients: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))  # users
    is_builtin: Mapped[bool] = mapped_column(server_default=text("false"))
    is_enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    on_failed_gate: Mapped[str] = mapped_column(server_default=text("'stamp'"))  # hold, stamp
    keep_days: Mapped[int | None]  # exports are deleted when they are older; null: never for their age
    keep_exports: Mapped[int | None]  # so many are kept; null: all
    created_by: Mapped[UUID | None]


class ReportRun(Identified, Base):
    """One run of a report for one business day; its file and manifest lie in the object store.

    A run that somebody asks for is pending until the pipeline has made it; one of the schedule is told when it is over.
    """

    __tablename__ = "report_runs"
    __table_args__ = (Index("ix_report_runs_pending", "id", postgresql_where=text("status = 'pending'")),)

    report_id: Mapped[UUID] = mapped_column(ForeignKey("report_definitions.id"), index=True)
    status: Mapped[str] = mapped_column(server_default=text("'pending'"))  # pending, running, succeeded, failed, held
    business_day: Mapped[date | None]
    format: Mapped[str]
    row_count: Mapped[int | None]
    object_key: Mapped[str | None]
    manifest_key: Mapped[str | None]
    sha256: Mapped[str | None]
    load_id: Mapped[str | None]
    as_of: Mapped[datetime | None]  # when the load was published
    gates: Mapped[dict[str, Any] | None]  # their word: status, reasons, warnings
    error: Mapped[str | None]
    requested_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]  # when retention took the file away
