"""Accounts: made, edited, disabled, erased. Nobody acts on somebody who holds more than they do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.core.errors import Conflict, IdempotencyConflict
from api.core.preconditions import bump
from api.identity import passwords, repository, sessions
from api.identity.errors import EmailTaken, UserNotFound
from api.identity.models import User
from api.identity.repository import HeldRole
from api.identity.rights import must_outrank
from api.identity.schemas import NewUser, UserEdit
from api.outbox.publish import publish


def add(session: Session, *, user_id: UUID | None, email: str, name: str, password: str) -> User:
    """A new active account without any role.

    Raises:
        EmailTaken: another account has the address.
    """
    if repository.is_email_taken(session, email):
        raise EmailTaken("Another account has this address.")
    person = User(email=email, name=name, password_hash=passwords.hash_password(password))
    if user_id is not None:
        person.id = user_id
    session.add(person)
    session.flush()
    publish(session, "user.created.v1", subject_id=person.id, payload={"user_id": str(person.id)})
    return person


def register(session: Session, principal: Principal, wanted: NewUser) -> tuple[User, bool]:
    """The account with the client's id, and whether it was made just now; the same request again makes no second.

    Raises:
        IdempotencyConflict: the id stands for another account.
        EmailTaken: the address has another account.
        Forbidden: without a role to place the person at a location, it takes the scope everywhere.
    """
    before = repository.user(session, wanted.id)
    if before is not None:
        _must_be_same(before, wanted)
        return before, False
    if wanted.role is None or wanted.location_id is None:
        principal.must_everywhere("users.create")
    else:
        principal.must("users.create", wanted.location_id)
    person = add(
        session,
        user_id=wanted.id,
        email=wanted.email,
        name=wanted.name,
        password=wanted.password.get_secret_value(),
    )
    _record(session, principal, "user.created", person.id)
    return person, True


def _must_be_same(before: User, wanted: NewUser) -> None:
    is_same = before.email.lower() == wanted.email.lower() and before.name == wanted.name
    if not is_same or not passwords.password_matches(before.password_hash, wanted.password.get_secret_value()):
        raise IdempotencyConflict("This id stands for another account.")


def visible(
    session: Session, principal: Principal, user_id: UUID, scope: str, *, lock: bool = False
) -> tuple[User, list[HeldRole]]:
    """A person and all their roles, for somebody who holds the scope at one of their locations.

    Raises:
        UserNotFound: there is none, or none that you may see.
    """
    person = repository.user(session, user_id, lock=lock)
    if person is None:
        raise UserNotFound("There is no such person, or none that you may see.")
    held = repository.held_roles(session, [user_id])
    mine = principal.locations(scope)
    if mine is not None and not any(role.location_id in mine for role in held):
        raise UserNotFound("There is no such person, or none that you may see.")
    return person, held


def edit(session: Session, principal: Principal, user_id: UUID, change: UserEdit, version: int) -> User:
    """Change an account; disabling it or setting a new password ends its sessions at once.

    Raises:
        UserNotFound, BeyondOwnRights, EmailTaken, VersionConflict.
        Conflict: nobody disables their own account.
    """
    person, held = visible(session, principal, user_id, "users.edit", lock=True)
    must_outrank(principal, held, "users.edit")
    if person.erased_at is not None:
        raise UserNotFound("This account was erased.")
    if change.is_active is False and user_id == principal.id:
        raise Conflict("Ask another administrator to disable your account.", code="own_account")
    if change.email is not None and repository.is_email_taken(session, change.email, but_by=user_id):
        raise EmailTaken("Another account has this address.")
    bump(person, version)
    changed = _apply(person, change)
    _record(session, principal, "user.edited", user_id, fields=changed)
    if change.is_active is False or change.password is not None:
        sessions.end_all(session, user_id, "account_disabled" if change.is_active is False else "password_changed")
    session.flush()
    return person


def _apply(person: User, change: UserEdit) -> list[str]:
    """Set what the change names and say which fields they were."""
    if change.email is not None:
        person.email = change.email
    if change.name is not None:
        person.name = change.name
    if change.is_active is not None:
        person.is_active = change.is_active
    if change.password is not None:
        person.password_hash = passwords.hash_password(change.password.get_secret_value())
    return sorted(change.model_fields_set)


def erase(session: Session, principal: Principal, user_id: UUID) -> None:
    """Remove everything personal of somebody, for ever; what they did stays, under their id alone.

    Raises:
        UserNotFound, BeyondOwnRights.
        Conflict: nobody erases themselves.
    """
    if user_id == principal.id:
        raise Conflict("Ask another administrator to erase your account.", code="own_account")
    person, held = visible(session, principal, user_id, "users.edit", lock=True)
    must_outrank(principal, held, "users.edit")
    if person.erased_at is not None:
        return
    sessions.end_all(session, user_id, "account_erased")
    repository.forget_devices(session, user_id)
    person.email = f"erased-{user_id}@erased.invalid"
    person.name = "Erased"
    person.password_hash = None
    person.is_active = False
    person.erased_at = repository.now(session)
    person.version += 1
    _record(session, principal, "user.erased", user_id)
    publish(session, "user.erased.v1", subject_id=user_id, payload={"user_id": str(user_id)})


def _record(session: Session, principal: Principal, action: str, user_id: UUID, **details: Any) -> None:
    record(
        session, actor_id=principal.id, action=action, subject_type="user", subject_id=user_id, details=dict(details)
    )
