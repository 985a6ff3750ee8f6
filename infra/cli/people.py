"""`user`: accounts and roles from the command line, the first administrator above all."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.output import Json, answer_fields, answer_json, answer_table, note
from infra.cli.rooms import operational_transaction
from infra.local.environment import Environment
from infra.local.errors import CannotRunError
from infra.local.home import Home
from infra.local.stack import databases_running

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

LISTED = 1000
group = typer.Typer(help="Accounts and their roles.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="user")


@group.callback()
def _people() -> None:
    """Accounts and their roles."""


@group.command()
def create(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    name: Annotated[str | None, typer.Option(help="The person's name; by default the address.")] = None,
    role: Annotated[
        str, typer.Option(help="A role's name: admin, manager, operator, analyst, or one of your own.")
    ] = "admin",
    location: Annotated[
        str | None, typer.Option(help="Code of the only location the role is for; else everywhere.")
    ] = None,
    *,
    password_stdin: Annotated[bool, typer.Option(help="Read the password's line from standard input.")] = False,
    as_json: Json = False,
) -> None:
    """Create an account, the first administrator of a new installation above all.

    Without --password-stdin a random password is made and printed, once. Further people are better invited in the app,
    where the audit trail knows who did it.
    """
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(12)
    _check(email=email, password=password)
    with databases_running(Home.from_environment(), note) as environment:
        user_id = add_user(
            environment, email=email, name=name or email, password=password, role=role, location_code=location
        )
    fields = {"id": user_id, "email": email, "role": role, "location": location or "everywhere"}
    answer_fields(fields if password_stdin else {**fields, "password": password}, as_json=as_json)


@group.command("list")
def list_users(*, as_json: Json = False) -> None:
    """List the accounts with their roles."""
    with databases_running(Home.from_environment(), note) as environment:
        people = _people_with_roles(environment)
    if as_json:
        answer_json(people)
    else:
        answer_table(list(people[0]) if people else ["email"], [list(person.values()) for person in people])


def add_user(
    environment: Environment, *, email: str, name: str, password: str, role: str, location_code: str | None = None
) -> UUID:
    """Create an account with one role and give its id; CannotRunError in the service's own words where it refuses."""
    from api.identity.bootstrap import create_user, ensure_builtin_roles
    from api.reports.bootstrap import ensure_builtin_reports

    with operational_transaction(environment) as session:
        ensure_builtin_roles(session)
        ensure_builtin_reports(session)
        location_id = _location_id(session, location_code) if location_code else None
        person = create_user(session, email=email, name=name, password=password, role=role, location_id=location_id)
        return person.id


def _check(*, email: str, password: str) -> None:
    """Hold the account to the rules that the service's own door applies."""
    from pydantic import TypeAdapter, ValidationError

    from api.identity.schemas import EmailAddress, NewPassword

    for what, rule, value in (("email", EmailAddress, email), ("password", NewPassword, password)):
        try:
            TypeAdapter(rule).validate_python(value)
        except ValidationError as error:
            raise CannotRunError(f"{what}: {error.errors()[0]['msg']}") from error


def ensure_admin(environment: Environment, email: str, password: str) -> None:
    """The demo's administrator, made unless the address has an account."""
    from api.identity.errors import EmailTaken

    try:
        add_user(environment, email=email, name="Ada Admin", password=password, role="admin")
    except CannotRunError as refusal:
        if not isinstance(refusal.__cause__, EmailTaken):
            raise


def _location_id(session: Session, code: str) -> UUID:
    from api.catalog.repository import find_location_by_code

    location = find_location_by_code(session, code)
    if location is None:
        raise CannotRunError(f"there is no location with the code {code}")
    return location.id


def _people_with_roles(environment: Environment) -> list[dict[str, Any]]:
    from api.identity.repository import held_roles, users_page

    with operational_transaction(environment) as session:
        people = users_page(session, visible_at=None, q=None, after=None, limit=LISTED)
        held = held_roles(session, [person.id for person in people])
        return [
            {
                "email": person.email,
                "name": person.name,
                "active": person.is_active,
                "roles": ", ".join(sorted({each.name for each in held if each.user_id == person.id})),
            }
            for person in people
        ]
