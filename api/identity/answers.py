"""People and roles, as the answers show them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from api.identity import repository
from api.identity.errors import SessionEnded
from api.identity.models import User
from api.identity.repository import HeldRole
from api.identity.schemas import HeldRoleBody, Me, UserBody
from api.identity.session_store import merged


def me(session: Session, user_id: UUID) -> Me:
    """A signed-in person with everything they may do.

    Raises:
        SessionEnded: the account is gone.
    """
    person = repository.user(session, user_id)
    if person is None:
        raise SessionEnded
    held = repository.held_roles(session, [user_id])
    grants = {scope: _listed(places) for scope, places in merged((r.location_id, r.scopes) for r in held).items()}
    everywhere = any(role.location_id is None for role in held)
    return Me(
        id=person.id,
        email=person.email,
        name=person.name,
        roles=[held_role(role) for role in held],
        scopes=sorted(grants),
        locations=None if everywhere else sorted({r.location_id for r in held if r.location_id}),
        grants=dict(sorted(grants.items())),
    )


def held_role(role: HeldRole) -> HeldRoleBody:
    """One role of a person."""
    return HeldRoleBody(role_id=role.role_id, name=role.name, location_id=role.location_id)


def user(person: User, held: Sequence[HeldRole]) -> UserBody:
    """A person with these roles."""
    return UserBody(
        id=person.id,
        email=person.email,
        name=person.name,
        is_active=person.is_active,
        last_login_at=person.last_login_at,
        created_at=person.created_at,
        version=person.version,
        roles=[held_role(role) for role in held if role.user_id == person.id],
    )


def _listed(places: frozenset[UUID] | None) -> list[UUID] | None:
    return None if places is None else sorted(places)
