"""What a fresh database needs before anybody can sign in; used by the command line."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.audit.record import record
from api.identity import repository, users
from api.identity.errors import RoleNotFound
from api.identity.models import Role, RoleGrant, User
from api.identity.scopes import ADJUSTMENT_LIMITS, BUILTIN_ROLES
from api.identity.session_store import get_session_store


def ensure_builtin_roles(session: Session) -> None:
    """Create the built-in roles, and give those that exist the scopes of this version."""
    for name, scopes in BUILTIN_ROLES.items():
        wanted = sorted(scopes)
        limit = ADJUSTMENT_LIMITS.get(name)  # of a new role alone: what an administrator has set stays
        statement = insert(Role).values(name=name, scopes=wanted, is_builtin=True, adjustment_limit=limit)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[Role.name], set_={"scopes": wanted, "is_builtin": True}, where=Role.scopes != wanted
            )
        )
    get_session_store().forget_all()


def create_user(
    session: Session, *, email: str, name: str, password: str, role: str, location_id: UUID | None = None
) -> User:
    """A person with one role, at one location or everywhere.

    Raises:
        EmailTaken: the address has an account already.
        RoleNotFound: there is no role of that name.
    """
    found = repository.role_named(session, role)
    if found is None:
        raise RoleNotFound(f"There is no role called {role}.")
    person = users.add(session, user_id=None, email=email, name=name, password=password)
    session.add(RoleGrant(user_id=person.id, role_id=found.id, location_id=location_id))
    details = {"role": role, "location_id": str(location_id) if location_id else None}
    record(session, actor_id=None, action="user.created", subject_type="user", subject_id=person.id, details=details)
    session.flush()
    return person
