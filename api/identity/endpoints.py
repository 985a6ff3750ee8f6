"""Signing in and out, and one's own sessions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.config import get_settings
from api.core import problems
from api.core.access import Principal, Requires
from api.core.database import DbSession, transaction
from api.core.errors import Forbidden
from api.core.pagination import Page
from api.identity import answers, repository, roles, sessions, users
from api.identity.authentication import SessionAuthenticator
from api.identity.cookies import clear_session_cookies, set_session_cookies
from api.identity.errors import BadToken, RoleNotFound, SessionEnded
from api.identity.rights import shown
from api.identity.schemas import Grant, Login, Me, NewUser, SignedIn, SignInBody, UserBody, WhoAmI
from api.identity.sessions import Opened

router = APIRouter(prefix="/api/auth", tags=["auth"])
keys_router = APIRouter(tags=["auth"])

Anybody = Annotated[Principal, Requires.anybody()]


@router.post("/login")
def login(request: Request, response: Response, body: Login) -> SignedIn:
    """Sign in; the answer and the cookies carry the same session."""
    _authenticator(request).csrf.check_origin(request)
    address = request.client.host if request.client else "unknown"
    user_id = sessions.check_password(body.email, body.password.get_secret_value(), address)
    with transaction() as session:
        opened = sessions.open_session(session, user_id, device=request.headers.get("user-agent", "")[:200])
        return _signed_in(request, response, opened, answers.me(session, user_id))


@router.post("/refresh", response_model=SignedIn)
def refresh(request: Request, response: Response) -> SignedIn | Response:
    """The next access token for the refresh cookie, which is used once; a copied one ends its session."""
    authenticator, token = _authenticator(request), _refresh_token(request)
    if not token:
        raise BadToken
    with transaction() as session:
        session_id = sessions.session_of_refresh_token(session, token)
        if session_id is None:
            raise SessionEnded
        authenticator.csrf.check(request, session_id)
        opened = sessions.rotate(session, token)
        me = answers.me(session, opened.user_id) if opened else None
    if opened is None or me is None:
        refused = problems.problem(SessionEnded())
        clear_session_cookies(refused, get_settings())
        return refused
    return _signed_in(request, response, opened, me)


@router.post("/logout", status_code=204)
def logout(request: Request, session: DbSession) -> Response:
    """End this session at once: its access and refresh tokens are worth nothing from now on."""
    session_id = _authenticator(request).session_of(request)
    token = _refresh_token(request)
    if session_id is None and token:
        session_id = sessions.session_of_refresh_token(session, token)
        if session_id is not None:
            _authenticator(request).csrf.check(request, session_id)
    if session_id is None:
        raise BadToken
    sessions.close(session, session_id)
    response = Response(status_code=204)
    clear_session_cookies(response, get_settings())
    return response


@router.get("/me")
def who_am_i(request: Request, session: DbSession, principal: Anybody) -> WhoAmI:
    """Who is signed in, with every scope and where it holds."""
    if principal.session_id is None:
        raise Forbidden("A service has no account.", code="not_a_person")
    me = answers.me(session, principal.id)
    csrf = _authenticator(request).csrf.token(principal.session_id)
    return WhoAmI(**me.model_dump(), session_id=principal.session_id, csrf_token=csrf)


@router.get("/sessions")
def own_sessions(session: DbSession, principal: Anybody) -> Page[SignInBody]:
    """The devices one is signed in on, the newest first."""
    found = repository.living_sign_ins(session, principal.id)
    items = [
        SignInBody(
            id=one.id,
            device=one.device,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            expires_at=one.expires_at,
            is_current=one.id == principal.session_id,
        )
        for one in found
    ]
    return Page(items=items)


@router.delete("/sessions/{session_id}", status_code=204)
def end_own_session(session_id: UUID, session: DbSession, principal: Anybody) -> None:
    """Sign another device out at once."""
    sessions.close(session, session_id, owner_id=principal.id)


@router.post("/register", status_code=201)
def register(
    response: Response, body: NewUser, session: DbSession, principal: Annotated[Principal, Requires("users.create")]
) -> UserBody:
    """Create an account, with a first role where one is named."""
    person, is_new = users.register(session, principal, body)
    if is_new and body.role is not None:
        role = repository.role_named(session, body.role)
        if role is None:
            raise RoleNotFound("There is no such role.")
        roles.give(session, principal, person.id, Grant(role_id=role.id, location_id=body.location_id))
        session.flush()
    response.status_code = 201 if is_new else 200
    held = repository.held_roles(session, [person.id])
    return answers.user(person, shown(held, principal.locations("users.create")))


@keys_router.get("/.well-known/jwks.json")
async def key_set(request: Request) -> dict[str, list[dict[str, str]]]:
    """The public key that verifies access tokens."""
    return {"keys": [_authenticator(request).keys.jwk]}


def _refresh_token(request: Request) -> str | None:
    return request.cookies.get(_authenticator(request).cookies.refresh)


def _authenticator(request: Request) -> SessionAuthenticator:
    found: SessionAuthenticator = request.app.state.authenticate
    return found


def _signed_in(request: Request, response: Response, opened: Opened, me: Me) -> SignedIn:
    """The answer to a new or refreshed session, and its cookies."""
    authenticator, settings = _authenticator(request), get_settings()
    access = authenticator.keys.issue(opened.user_id, opened.session_id, seconds=settings.access_token_seconds)
    csrf = authenticator.csrf.token(opened.session_id)
    set_session_cookies(response, settings, access=access, refresh=opened.refresh_token, csrf=csrf)
    return SignedIn(access_token=access, expires_in=settings.access_token_seconds, csrf_token=csrf, user=me)
