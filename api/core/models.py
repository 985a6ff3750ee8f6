"""The declarative base, the column types and the mixins that every model shares."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Integer, MetaData, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table's base: names of constraints are derived, types are declared once."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads a plain dict here
        str: Text,
        int: Integer,
        bool: Boolean,
        datetime: DateTime(timezone=True),
        Decimal: Numeric(18, 6),
        dict[str, Any]: JSONB,
    }


class Identified:
    """A UUIDv7 primary key, made by the server unless whoever captured the fact made it."""

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))


class Versioned:
    """Optimistic locking for people's edits: `If-Match` carries the version."""

    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class Stamped:
    """When the row was made and last changed, UTC."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


__all__ = ["Base", "Identified", "Stamped", "Versioned"]


class IdempotencyKey(Base):
    """The first answer to a write whose body carries no id of its own."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str]
    request_digest: Mapped[bytes]
    response_status: Mapped[int]
    response_body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FeatureFlag(Versioned, Base):
    """A switch that an administrator may turn without a deployment."""

    __tablename__ = "feature_flags"

    key: Mapped[str] = mapped_column(primary_key=True)
    is_enabled: Mapped[bool] = mapped_column(server_default=text("false"))
    description: Mapped[str] = mapped_column(server_default=text("''"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
