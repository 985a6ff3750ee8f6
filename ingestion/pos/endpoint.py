"""A till's HTTP endpoint: pages of JSON since the last time, with an overlap, into a file that is then loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator

from ingestion.errors import IngestionError, InvalidMapping, UnreachableEndpoint
from ingestion.pos.declared import Strict
from ingestion.pos.guard import GuardedAdapter, private_hosts
from ingestion.pos.mapping import Mapping, read_declaration, sentences

SUFFIXES = (".endpoint.yaml", ".endpoint.yml", ".endpoint.json")
TIMEOUT_SECONDS = 30
ATTEMPTS = 5
BACKOFF_SECONDS = 1
MOST_PAGES = 100_000


class Pages(Strict):
    """How the endpoint hands out its pages."""

    kind: Literal["single", "page", "offset", "link", "next", "cursor"] = "single"
    parameter: str = "page"  # page, offset, cursor: the query's parameter
    first: int = 1  # page: the first page's number
    size: Annotated[int | None, Field(ge=1, le=10_000)] = None
    size_parameter: str = "limit"
    path: str = "next"  # next: where the answer has the next page's address; cursor: where it has the cursor


class Cursor(Strict):
    """How far the endpoint was read: the greatest value of a column, and from where it is read again."""

    column: str
    parameter: str
    start: str
    overlap_minutes: Annotated[int, Field(ge=0)] = 120  # sales that reach the till's server late are still seen


class Endpoint(Strict):
    """A till's endpoint and the mapping of its records."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    token_variable: Annotated[str | None, Field(pattern=r"^POS_TOKEN_[A-Z0-9_]+$")] = None
    token_header: str = "Authorization"  # noqa: S105 - a header's name; that one carries the token as a bearer
    parameters: dict[str, str | int] = Field(default_factory=dict)
    pages: Pages = Pages()
    cursor: Cursor | None = None
    mapping: Mapping

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if not urlsplit(self.url).hostname or urlsplit(self.url).username:
            raise ValueError("the url needs a host and carries no user name; tokens come from the environment")
        if self.token_variable and not self.url.startswith("https://") and not _is_named_private(self.url):
            raise ValueError("a token is sent over https alone")
        if self.mapping.wide or self.mapping.file.kind not in {None, "jsonl"}:
            raise ValueError("an endpoint's records are JSON; mapping.wide and mapping.file.kind belong to files")
        return self


def load_endpoint(path: Path) -> Endpoint:
    """Read an endpoint's declaration; InvalidMapping says which entry is wrong and why."""
    try:
        return Endpoint.model_validate(read_declaration(path))
    except ValidationError as error:
        raise InvalidMapping(f"the endpoint {path.name} is not usable: {sentences(error.errors())}") from error


def is_endpoint(path: Path) -> bool:
    """Whether a file declares an endpoint, by its name."""
    return path.name.endswith(SUFFIXES)


def fetch(endpoint: Endpoint, since: str | None, into: Path) -> tuple[int, str | None]:
    """Write every record since `since`, less the overlap, as JSON lines; give their number and the new cursor.

    Raises UnreachableEndpoint, with nothing but its host named: addresses and answers may hold secrets.
    """
    from requests import RequestException

    host, newest, count = urlsplit(endpoint.url).hostname, since, 0
    try:
        with into.open("w", encoding="utf-8") as sink:
            for number, page in enumerate(_pages(endpoint, since), start=1):
                if number > MOST_PAGES:
                    raise UnreachableEndpoint(f"the endpoint {host} never ends: {MOST_PAGES:,} pages")
                for record in page:
                    sink.write(json.dumps(record, default=_exact, ensure_ascii=True) + "\n")
                    count += 1
                    newest = _newer(endpoint, newest, record)
    except (RequestException, ValueError) as error:
        own = next((cause for cause in _chain(error) if isinstance(cause, IngestionError)), None)
        answer = getattr(error, "response", None)
        reason = f"does not answer: {type(error).__name__}" if answer is None else f"answers {answer.status_code}"
        raise own or UnreachableEndpoint(f"the endpoint {host} {reason}") from error
    return count, newest


def _pages(endpoint: Endpoint, since: str | None) -> Iterator[list[Any]]:
    from dlt.sources.helpers.requests import Client
    from dlt.sources.helpers.rest_client.client import RESTClient

    host = urlsplit(endpoint.url).hostname or ""
    session = Client(
        raise_for_status=False,
        request_timeout=TIMEOUT_SECONDS,
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF_SECONDS,
    ).session
    session.trust_env = False  # a proxy would be the address that is looked at
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter(host))
    client = RESTClient(endpoint.url, session=session, headers={"Accept": "application/json", **_token(endpoint)})
    records = endpoint.mapping.file.records
    check = partial(_check_answer, host=host, records=records)
    with session:
        yield from client.paginate(
            endpoint.url,
            params=_parameters(endpoint, since),
            paginator=_paginator(endpoint.pages),
            data_selector=records or "$",
            hooks={"response": [check]},
            allow_redirects=False,
        )


def _parameters(endpoint: Endpoint, since: str | None) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(endpoint.parameters)
    if endpoint.pages.size and endpoint.pages.kind != "offset":
        parameters[endpoint.pages.size_parameter] = endpoint.pages.size
    if endpoint.cursor:
        parameters[endpoint.cursor.parameter] = _with_overlap(endpoint.cursor, since)
    return parameters


def _with_overlap(cursor: Cursor, since: str | None) -> str:
    if since is None:
        return cursor.start
    moment = _moment(since)
    if moment is None:
        return since
    text = (moment - timedelta(minutes=cursor.overlap_minutes)).isoformat()
    return text.replace("+00:00", "Z") if since.endswith("Z") else text


def _newer(endpoint: Endpoint, newest: str | None, record: Any) -> str | None:
    """The greater of two cursors: moments by their time, numbers by their size, other texts by their letters."""
    value: Any = record if endpoint.cursor else None
    for name in endpoint.cursor.column.split(".") if endpoint.cursor else ():
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return newest
    text = str(value)
    return text if newest is None or _rank(text) > _rank(newest) else newest


def _rank(text: str) -> tuple[int, Any]:
    moment = _moment(text)
    if moment is not None:
        return (2, moment.timestamp())
    return (1, Decimal(text)) if text.isdecimal() else (0, text)


def _moment(text: str) -> datetime | None:
    if text.isdecimal():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _token(endpoint: Endpoint) -> dict[str, str]:
    if endpoint.token_variable is None:
        return {}
    token = os.environ.get(endpoint.token_variable)
    if not token:
        raise UnreachableEndpoint(f"the variable {endpoint.token_variable} holds no token")
    is_bearer = endpoint.token_header.lower() == "authorization"
    return {endpoint.token_header: f"Bearer {token}" if is_bearer else token}


def _paginator(pages: Pages) -> Any:
    from dlt.sources.helpers.rest_client import paginators as known

    if pages.kind == "page":
        return known.PageNumberPaginator(base_page=pages.first, page_param=pages.parameter, total_path=None)
    if pages.kind == "offset":
        return known.OffsetPaginator(
            limit=pages.size or 100,
            offset_param=pages.parameter,
            limit_param=pages.size_parameter,
            total_path=None,
        )
    if pages.kind == "link":
        return known.HeaderLinkPaginator()
    if pages.kind == "next":
        return known.JSONLinkPaginator(next_url_path=pages.path)
    if pages.kind == "cursor":
        return known.JSONResponseCursorPaginator(cursor_path=pages.path, cursor_param=pages.parameter)
    return known.SinglePagePaginator()


def _check_answer(response: Any, *_: Any, host: str, records: str | None, **__: Any) -> None:
    """Only 200 with a list of records is an answer; prices are read as decimals."""
    from requests import HTTPError

    response.content  # noqa: B018 - reading it gives the connection back
    if response.status_code != 200:
        raise HTTPError(f"the answer is {response.status_code}", response=response)  # 429 and 5xx are tried again
    response.json = partial(response.json, parse_float=Decimal)
    value = response.json()
    for name in records.split(".") if records else ():
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, list):
        raise UnreachableEndpoint(f"the endpoint {host} answers without a list of records at {records or 'its top'!r}")


def _is_named_private(url: str) -> bool:
    return (urlsplit(url).hostname or "").lower() in private_hosts()


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    raise TypeError(type(value).__name__)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
