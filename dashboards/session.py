"""Who is looking: the operational service's own session, asked about on each rerun, never trusted for longer.

On one host name the service's cookie reaches this port too; where it does not, the sign-in form keeps a session of
its own in this browser tab. Which locations somebody may read is the service's answer for the scope `reports.read`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import streamlit as st

from dashboards.queries import MartsNotPublished, MartsUnreachable, ReadingRight

ACCESS_COOKIE, REFRESH_COOKIE = "stockpot_access", "stockpot_refresh"
SCOPE = "reports.read"
KEPT = "stockpot_session"
WAS_SIGNED_IN = "stockpot_was_signed_in"  # the e-mail of whoever was


class ServiceUnreachable(RuntimeError):
    """The operational service does not answer, so nobody can be recognised."""


class SignInRefused(RuntimeError):
    """The service refused; the message is its own sentence."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in; `locations` None means everywhere, `may_read` whether reports are theirs to read."""

    name: str
    email: str
    may_read: bool
    locations: tuple[str, ...] | None
    token: str = field(repr=False)

    @classmethod
    def of(cls, body: dict[str, Any], token: str) -> Person:
        """From the service's answer about whose token it is."""
        grants: dict[str, list[str] | None] = body.get("grants", {})
        held = grants.get(SCOPE, [])
        locations = None if held is None else tuple(sorted(held))
        return cls(body["name"], body["email"], SCOPE in grants, locations, token)


@dataclass(frozen=True)
class KeptSession:
    """What the sign-in form got: enough to go on when the access token ends after some minutes."""

    access: str
    refresh: str
    csrf: str


def operator_url() -> str:
    """The operator's page, whose session this browser keeps over a reload."""
    return os.environ.get("STOCKPOT_PUBLIC_URL", api_url()).rstrip("/")


def cookie(name: str) -> str:
    """What the service calls a cookie: with its port, so that two copies on one host leave each other's alone."""
    port = urlsplit(operator_url()).port
    return f"{name}_{port}" if port else name


def api_url() -> str:
    """Where the operational service listens."""
    return os.environ.get("STOCKPOT_API_URL", "http://127.0.0.1:8000").rstrip("/")


def who_is(token: str) -> Person | None:
    """The person whose access token this is; None where it is not valid (any more)."""
    answer = _ask("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    return Person.of(answer.json(), token) if answer.status_code == httpx.codes.OK else None


def reading_right(person: Person) -> ReadingRight:
    """The service's claim to the rows of the person's locations.

    Raises:
        MartsNotPublished, MartsUnreachable: the warehouse has nothing to claim yet, or does not answer the service.
        SignInRefused: the person may not read, any more.
    """
    answer = _ask("POST", "/api/reading-claims", headers={"Authorization": f"Bearer {person.token}"})
    if answer.status_code == httpx.codes.CONFLICT:
        raise MartsNotPublished("No pipeline run has published its marts yet.")
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise MartsUnreachable("The warehouse does not answer.")
    if answer.status_code != httpx.codes.OK:
        raise SignInRefused(_sentence(answer))
    body = answer.json()
    return ReadingRight(body["claim"], None if body["locations"] is None else tuple(body["locations"]))


def sign_in(email: str, password: str) -> KeptSession:
    """Open a session.

    Raises SignInRefused with the service's sentence, ServiceUnreachable.
    """
    answer = _ask("POST", "/api/auth/login", json={"email": email, "password": password})
    if answer.status_code != httpx.codes.OK:
        raise SignInRefused(_sentence(answer))
    return _kept(answer)


def go_on(kept: KeptSession) -> KeptSession | None:
    """The next access token of a kept session; None where it has ended."""
    answer = _ask(
        "POST", "/api/auth/refresh", cookies={cookie(REFRESH_COOKIE): kept.refresh}, headers={"X-CSRF-Token": kept.csrf}
    )
    return _kept(answer) if answer.status_code == httpx.codes.OK else None


def sign_out(token: str) -> None:
    """End the session of an access token at once."""
    _ask("POST", "/api/auth/logout", headers={"Authorization": f"Bearer {token}"})


def _ask(method: str, path: str, **request: Any) -> httpx.Response:
    cookies = request.pop("cookies", None)
    try:
        with httpx.Client(base_url=api_url(), timeout=10, trust_env=False, cookies=cookies) as client:
            return client.request(method, path, **request)
    except httpx.HTTPError as error:
        raise ServiceUnreachable("The sign-in service does not answer. Try again in a moment.") from error


def _kept(answer: httpx.Response) -> KeptSession:
    body = answer.json()
    return KeptSession(body["access_token"], answer.cookies.get(cookie(REFRESH_COOKIE)) or "", body["csrf_token"])


def _sentence(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return f"Sign-in failed ({answer.status_code})."
    return str(body.get("detail") or body.get("title") or "Sign-in failed.")


# ------------------------------------------------------------------ in this rerun


def browser_token() -> str | None:
    """The access token that the operator's page has left in this browser, as it was when the page was opened."""
    return st.context.cookies.get(cookie(ACCESS_COOKIE))


def current_person() -> Person | None:
    """Who is looking now, asked of the service at each rerun; None where somebody must sign in.

    The kept session goes first, then the browser's cookie.
    """
    person = _kept_person() or _browser_person()
    if person is not None:
        st.session_state[WAS_SIGNED_IN] = person.email
    return person


def _kept_person() -> Person | None:
    kept: KeptSession | None = st.session_state.get(KEPT)
    if kept is None:
        return None
    person = who_is(kept.access)
    if person is not None:
        return person
    renewed = go_on(kept)
    st.session_state[KEPT] = renewed
    return who_is(renewed.access) if renewed is not None else None


def _browser_person() -> Person | None:
    token = browser_token()
    return who_is(token) if token else None


def keep(session: KeptSession) -> None:
    """Remember the form's session in this tab."""
    st.session_state[KEPT] = session


def leave(person: Person) -> None:
    """Sign out: the session ends at the service, here, on the operator's page and wherever else it is open."""
    st.session_state.pop(KEPT, None)
    st.session_state.pop(WAS_SIGNED_IN, None)
    sign_out(person.token)


def ended_of() -> str | None:
    """The e-mail of somebody who was signed in here and is so no longer, without having signed out here."""
    email: str | None = st.session_state.get(WAS_SIGNED_IN)
    return email


def way_over_operators_page() -> str | None:
    """The operator's sign-in, which renews a session that it still has, and leads back here with every filter."""
    here = st.context.url
    if not here:
        return None
    filters = urlencode(st.query_params.to_dict())
    return f"{operator_url()}/login?{urlencode({'next': f'{here}?{filters}' if filters else here})}"
