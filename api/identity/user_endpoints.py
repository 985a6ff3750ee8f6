"""People and roles, for those who run the house."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, read_cursor
from api.core.preconditions import ExpectedVersion
from api.core.types import Text
from api.identity import answers, repository, roles, users
from api.identity.rights import shown
from api.identity.schemas import GrantsEdit, HeldRoleBody, NewRole, RoleBody, RoleEdit, UserBody, UserEdit

router = APIRouter(prefix="/api/users", tags=["users"])
roles_router = APIRouter(prefix="/api/roles", tags=["users"])

Reader = Annotated[Principal, Requires("users.read")]
Editor = Annotated[Principal, Requires("users.edit")]
RoleEditor = Annotated[Principal, Requires("roles.edit")]


@router.get("")
def list_users(
    session: DbSession,
    principal: Reader,
    q: Annotated[Text | None, Query(description="Part of a name or an address.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UserBody]:
    """People by name: those who work at a location that you may see."""
    after = _user_cursor(cursor) if cursor else None
    mine = principal.locations("users.read")
    found = repository.users_page(session, visible_at=mine, q=q, after=after, limit=limit + 1)
    page, next_cursor = cut(found, limit, lambda person: (person.name.lower(), person.id))
    held = shown(repository.held_roles(session, [person.id for person in page]), mine)
    return Page(items=[answers.user(person, held) for person in page], next_cursor=next_cursor)


@router.get("/{user_id}")
def read_user(user_id: UUID, session: DbSession, principal: Reader) -> UserBody:
    """One person."""
    person, held = users.visible(session, principal, user_id, "users.read")
    return answers.user(person, shown(held, principal.locations("users.read")))


@router.patch("/{user_id}")
def edit_user(
    user_id: UUID, body: UserEdit, session: DbSession, principal: Editor, version: ExpectedVersion
) -> UserBody:
    """Edit or disable an account; disabling it or changing its password signs it out everywhere."""
    person = users.edit(session, principal, user_id, body, version)
    held = repository.held_roles(session, [user_id])
    return answers.user(person, shown(held, principal.locations("users.edit")))


@router.delete("/{user_id}", status_code=204)
def erase_user(user_id: UUID, session: DbSession, principal: Editor) -> Response:
    """Erase somebody's personal data for ever; what they did stays in the ledger, without a name."""
    users.erase(session, principal, user_id)
    return Response(status_code=204)


@router.patch("/{user_id}/roles")
def change_roles(user_id: UUID, body: GrantsEdit, session: DbSession, principal: RoleEditor) -> list[HeldRoleBody]:
    """Give and take roles at locations; effective within a second."""
    return [answers.held_role(role) for role in roles.change_grants(session, principal, user_id, body)]


@roles_router.get("")
def list_roles(session: DbSession, principal: Reader) -> Page[RoleBody]:
    """Every role with its scopes."""
    del principal
    return Page(items=[RoleBody.model_validate(role) for role in repository.roles(session)])


@roles_router.post("", status_code=201)
def create_role(response: Response, body: NewRole, session: DbSession, principal: RoleEditor) -> RoleBody:
    """Make a role of one's own from scopes that one holds."""
    role, is_new = roles.create(session, principal, body)
    response.status_code = 201 if is_new else 200
    return RoleBody.model_validate(role)


@roles_router.patch("/{role_id}")
def edit_role(
    role_id: UUID, body: RoleEdit, session: DbSession, principal: RoleEditor, version: ExpectedVersion
) -> RoleBody:
    """Change a role of one's own."""
    return RoleBody.model_validate(roles.edit(session, principal, role_id, body, version))


def _user_cursor(cursor: str) -> tuple[str, UUID]:
    name, user_id = read_cursor(cursor, str, UUID)
    return name, user_id
