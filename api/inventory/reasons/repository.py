"""The rows of the reasons."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.inventory.reasons.models import ReasonCode


def find(session: Session, code: str, *, lock: bool = False) -> ReasonCode | None:
    """The reason of this code."""
    return session.get(ReasonCode, code, with_for_update=lock or None, populate_existing=lock)


def find_all(session: Session, *, kind: str | None, is_active: bool | None) -> Sequence[ReasonCode]:
    """Reasons by kind, in the order in which they are offered."""
    query = select(ReasonCode).order_by(ReasonCode.kind, ReasonCode.position, ReasonCode.code)
    if kind is not None:
        query = query.where(ReasonCode.kind == kind)
    if is_active is not None:
        query = query.where(ReasonCode.is_active == is_active)
    return session.scalars(query).all()
