"""Bodies of requests and answers about people, roles and sessions."""

from __future__ import annotations

import unicodedata
from typing import Annotated
from uuid import UUID

import email_validator
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, SecretStr, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.core.types import Code, Id7, NonNegativeMoney, RequestBody, ResponseBody, Text, UtcDateTime
from api.identity.scopes import SCOPES

# A restaurant's own network may end in .local; the library documents this list as the place to say so.
if "local" in email_validator.SPECIAL_USE_DOMAIN_NAMES:
    email_validator.SPECIAL_USE_DOMAIN_NAMES.remove("local")


def _address(value: str) -> str:
    """An address that mail could go to, in this house's own network or anywhere."""
    try:
        return validate_email(value, check_deliverability=False, globally_deliverable=False).normalized
    except EmailNotValidError as error:
        raise PydanticCustomError("not_an_email_address", "This is not an e-mail address.") from error


def _password(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise PydanticCustomError("unprintable_text", "Control characters cannot be typed into a password.")
    return value


def _scope(value: str) -> str:
    if value not in SCOPES:
        raise PydanticCustomError("unknown_scope", "There is no such scope.")
    return value


EmailAddress = Annotated[Text, AfterValidator(_address), Field(max_length=200, examples=["cook@example.com"])]
PASSWORD_SCHEMA = {"type": "string", "format": "password", "minLength": 10, "maxLength": 200}
NewPassword = Annotated[
    SecretStr, Field(min_length=10, max_length=200), AfterValidator(_password), WithJsonSchema(PASSWORD_SCHEMA)
]
Scope = Annotated[str, AfterValidator(_scope)]


class Login(RequestBody):
    """What is typed to sign in; `totp` is for accounts that have a second factor."""

    email: Text
    password: Annotated[SecretStr, Field(max_length=200), AfterValidator(_password)]
    totp: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None


class HeldRoleBody(ResponseBody):
    """A role at one location, or everywhere when `location_id` is null."""

    role_id: UUID
    name: str
    location_id: UUID | None


class Me(ResponseBody):
    """A signed-in person. `locations` null means every location; `grants` says the same for each scope."""

    id: UUID
    email: str
    name: str
    roles: list[HeldRoleBody]
    scopes: list[str]
    locations: list[UUID] | None
    grants: dict[str, list[UUID] | None]


class SignedIn(ResponseBody):
    """A session: the same tokens also go out as cookies."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  # the name of the scheme, not a secret
    expires_in: int
    csrf_token: str
    user: Me


class WhoAmI(Me):
    """The signed-in person, with the session and its CSRF token."""

    session_id: UUID
    csrf_token: str


class SignInBody(ResponseBody):
    """One device's session."""

    id: UUID
    device: str
    created_at: UtcDateTime
    last_seen_at: UtcDateTime
    expires_at: UtcDateTime
    is_current: bool


class NewUser(RequestBody):
    """A new account, with a role at once where `role` is given (that needs the scope `roles.edit`)."""

    id: Id7
    email: EmailAddress
    name: Text
    password: NewPassword
    role: Code | None = None
    location_id: UUID | None = None


class UserBody(ResponseBody):
    """A person."""

    id: UUID
    email: str
    name: str
    is_active: bool
    last_login_at: UtcDateTime | None
    created_at: UtcDateTime
    version: int
    roles: list[HeldRoleBody]


class UserEdit(RequestBody):
    """What may be changed; a field that is absent stays. A new password ends every session of the person."""

    email: EmailAddress | None = None
    name: Text | None = None
    password: NewPassword | None = None
    is_active: bool | None = None


class Grant(RequestBody):
    """A role to give or take, at one location or (null) everywhere."""

    role_id: UUID
    location_id: UUID | None = None


class GrantsEdit(RequestBody):
    """Roles to give and to take; what is so already stays so."""

    grant: list[Grant] = Field(default_factory=list, max_length=100)
    revoke: list[Grant] = Field(default_factory=list, max_length=100)


class RoleBody(ResponseBody):
    """A named set of scopes."""

    id: UUID
    name: str
    scopes: list[str]
    adjustment_limit: NonNegativeMoney | None
    is_builtin: bool
    version: int


class NewRole(RequestBody):
    """A role of one's own; adjustments above `adjustment_limit` wait for approval."""

    id: Id7
    name: Code
    scopes: Annotated[list[Scope], Field(max_length=100)]
    adjustment_limit: NonNegativeMoney | None = None


class RoleEdit(RequestBody):
    """What may be changed; a field that is absent stays."""

    name: Code | None = None
    scopes: Annotated[list[Scope], Field(max_length=100)] | None = None
    adjustment_limit: NonNegativeMoney | None = None
