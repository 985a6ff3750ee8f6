"""Imported files, their rows and the verdict on each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from api.core.models import Base, Identified, Versioned


class Import(Identified, Base):
    """One file that was sent, how it was read, and what came of it; the file itself lives on in its rows' cells."""

    __tablename__ = "imports"
    __table_args__ = (CheckConstraint("kind in ('products', 'supplier_products')", name="kind"),)

    kind: Mapped[str]
    supplier_id: Mapped[UUID | None] = mapped_column(ForeignKey("suppliers.id"))
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[str]
    encoding: Mapped[str | None]
    delimiter: Mapped[str | None]
    header: Mapped[list[str]] = mapped_column(ARRAY(Text))
    mapping: Mapped[dict[str, Any]]
    mapping_is_suggested: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_by: Mapped[UUID | None]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[UUID | None]


class ImportRow(Versioned, Base):
    """A line of a file: its cells as they stood, what was read from them, and what is to be done with it."""

    __tablename__ = "import_rows"
    __table_args__ = (
        CheckConstraint("verdict in ('new', 'changed', 'unchanged', 'quarantined')", name="verdict"),
        # Each row is written again by its verdict and by its load: half a page is left for that, and no second index.
        {"postgresql_with": {"fillfactor": 50}},
    )

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[list[str]] = mapped_column(ARRAY(Text))
    repairs: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    fields: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    verdict: Mapped[str] = mapped_column(server_default=text("'quarantined'"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    changes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    product_id: Mapped[UUID | None]  # of the catalogue, as it was found or made
    target_id: Mapped[UUID | None]  # the row that it changes or makes: a product, or a supplier's product
    applied_at: Mapped[datetime | None]
    repaired_at: Mapped[datetime | None]
    repaired_by: Mapped[UUID | None]
