"""People, as the rooms above identity may ask for them: who holds a scope somewhere, and what somebody is called."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.identity import repository
from api.identity.models import User


def with_scope(session: Session, scope: str, location_id: UUID | None) -> list[tuple[UUID, str, str]]:
    """Active people who hold the scope at a location (None: everywhere): (user id, e-mail address, name)."""
    return list(repository.people_with_scope(session, scope, location_id))


def adjustment_limit(session: Session, user_id: UUID, scope: str, location_id: UUID) -> Decimal | None:
    """What a person may adjust alone at a location by holding this scope, in its currency; None: anything.

    The most generous of their roles there counts; who holds the scope by no role may adjust nothing alone.
    """
    limits = repository.adjustment_limits(session, user_id, scope, location_id)
    given = [limit for limit in limits if limit is not None]
    return None if len(given) < len(limits) else max(given, default=Decimal(0))


def addresses(session: Session, user_ids: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    """(user id, e-mail address, name) of those among these people who are active."""
    rows = session.execute(
        select(User.id, User.email, User.name).where(User.id.in_(user_ids), User.is_active).order_by(User.id)
    )
    return [(row.id, row.email, row.name) for row in rows]


def names(session: Session, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """What these people are called, the erased ones included."""
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))}
