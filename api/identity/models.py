"""Who may come in, what they may do, and on which device they are."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from api.core.models import Base, Identified, Stamped, Versioned


class User(Identified, Versioned, Stamped, Base):
    """A person; everything personal stands here and nowhere else, so that it can be erased."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email_lower", text("lower(email)"), unique=True),)

    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    last_login_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class Role(Identified, Versioned, Stamped, Base):
    """A named set of scopes."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    adjustment_limit: Mapped[Decimal | None]  # value above which an adjustment waits for approval; null: no limit
    is_builtin: Mapped[bool] = mapped_column(server_default=text("false"))


class RoleGrant(Identified, Base):
    """A role given to a person at one location, or everywhere when `location_id` is null."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("user_id", "role_id", "location_id", postgresql_nulls_not_distinct=True),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    granted_by: Mapped[UUID | None]
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Session(Identified, Base):
    """One sign-in on one device; revoking it ends its access and refresh tokens."""

    __tablename__ = "sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    device: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]


class RefreshToken(Identified, Base):
    """A single-use opaque token, stored as SHA-256; the chain of successors is one family, the session."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (UniqueConstraint("token_hash"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    successor_id: Mapped[UUID | None]
