"""Roles and who holds them. Nobody grants to themselves, nor a scope that they do not hold there themselves."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.audit.record import record
from api.core.access import Principal
from api.core.database import after_commit
from api.core.errors import Conflict, IdempotencyConflict, NotFound
from api.core.preconditions import bump
from api.identity import repository
from api.identity.errors import BeyondOwnRights, RoleNotFound, UserNotFound
from api.identity.models import Role, RoleGrant
from api.identity.repository import HeldRole
from api.identity.rights import must_hold, shown
from api.identity.schemas import Grant, GrantsEdit, NewRole, RoleEdit
from api.identity.session_store import get_session_store
from api.outbox.publish import publish


def change_grants(session: Session, principal: Principal, user_id: UUID, change: GrantsEdit) -> list[HeldRole]:
    """Give and take roles, and say which the person holds now; effective within a second.

    Raises:
        UserNotFound, RoleNotFound, NotFound: person, role or location is none that you may see.
        BeyondOwnRights: it is yourself, or the role holds more than you do.
    """
    if user_id == principal.id:
        raise BeyondOwnRights("Nobody changes their own roles; ask another administrator.", code="self_grant")
    person = repository.user(session, user_id, lock=True)
    if person is None or person.erased_at is not None:
        raise UserNotFound("There is no such person, or none that you may see.")
    for wanted in change.revoke:
        _revoke(session, principal, user_id, wanted)
    for wanted in change.grant:
        give(session, principal, user_id, wanted)
    session.flush()
    after_commit(session, lambda: get_session_store().forget(user_id))
    return shown(repository.held_roles(session, [user_id]), principal.locations("roles.edit"))


def give(session: Session, principal: Principal, user_id: UUID, wanted: Grant) -> None:
    """Give one role at one place, where both the place and every scope of the role are the giver's to give.

    Raises:
        RoleNotFound, NotFound, BeyondOwnRights.
    """
    role = _role(session, principal, wanted)
    if repository.grant(session, user_id, role.id, wanted.location_id) is not None:
        return
    grant = RoleGrant(user_id=user_id, role_id=role.id, location_id=wanted.location_id, granted_by=principal.id)
    try:
        with session.begin_nested():
            session.add(grant)
    except IntegrityError as error:
        raise NotFound("There is no such location, or none that you may see.", code="location_not_found") from error
    _note(session, principal, "role.granted", user_id, wanted)


def _revoke(session: Session, principal: Principal, user_id: UUID, wanted: Grant) -> None:
    role = _role(session, principal, wanted)
    held = repository.grant(session, user_id, role.id, wanted.location_id)
    if held is not None:
        session.delete(held)
        _note(session, principal, "role.revoked", user_id, wanted)


def _role(session: Session, principal: Principal, wanted: Grant) -> Role:
    if wanted.location_id is None:
        principal.must_everywhere("roles.edit")
    else:
        principal.must("roles.edit", wanted.location_id)
    role = repository.role(session, wanted.role_id)
    if role is None:
        raise RoleNotFound("There is no such role.")
    must_hold(principal, role.scopes, wanted.location_id)
    return role


def _note(session: Session, principal: Principal, action: str, user_id: UUID, wanted: Grant) -> None:
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="user",
        subject_id=user_id,
        location_id=wanted.location_id,
        details={"role_id": str(wanted.role_id)},
    )
    publish(session, "user.roles_changed.v1", subject_id=user_id, payload={"user_id": str(user_id)})


def create(session: Session, principal: Principal, wanted: NewRole) -> tuple[Role, bool]:
    """A role of one's own under the client's id, and whether it was made just now.

    Raises:
        BeyondOwnRights: it would hold a scope that its maker does not hold everywhere.
        IdempotencyConflict: the id stands for another role.
        Conflict: the name is taken.
    """
    principal.must_everywhere("roles.edit")
    must_hold(principal, wanted.scopes, None)
    scopes = sorted(set(wanted.scopes))
    before = repository.role(session, wanted.id)
    if before is not None:
        if (before.name, before.scopes, before.adjustment_limit) != (wanted.name, scopes, wanted.adjustment_limit):
            raise IdempotencyConflict("This id stands for another role.")
        return before, False
    if repository.role_named(session, wanted.name) is not None:
        raise Conflict("Another role has this name.", code="name_taken")
    role = Role(id=wanted.id, name=wanted.name, scopes=scopes, adjustment_limit=wanted.adjustment_limit)
    session.add(role)
    session.flush()
    record(session, actor_id=principal.id, action="role.created", subject_type="role", subject_id=role.id)
    return role, True


def edit(session: Session, principal: Principal, role_id: UUID, change: RoleEdit, version: int) -> Role:
    """Change a role; everybody who holds it has the new scopes within a second.

    Raises:
        RoleNotFound, VersionConflict, BeyondOwnRights.
        Conflict: built-in roles stay as they are.
    """
    principal.must_everywhere("roles.edit")
    role = repository.role(session, role_id, lock=True)
    if role is None:
        raise RoleNotFound("There is no such role.")
    if role.is_builtin and (change.scopes is not None or change.name is not None):
        raise Conflict("A built-in role keeps its name and scopes; make one of your own.", code="builtin_role")
    bump(role, version)
    if change.name is not None:
        role.name = change.name
    if change.scopes is not None:
        must_hold(principal, change.scopes, None)
        role.scopes = sorted(set(change.scopes))
    if "adjustment_limit" in change.model_fields_set:
        role.adjustment_limit = change.adjustment_limit
    details = {"fields": sorted(change.model_fields_set)}
    record(
        session, actor_id=principal.id, action="role.edited", subject_type="role", subject_id=role_id, details=details
    )
    session.flush()
    after_commit(session, get_session_store().forget_all)
    return role
