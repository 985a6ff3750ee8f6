"""Whatever the OpenAPI document allows and forbids, sent as each role: no 5xx, no answer that the document does not tell of.

Row 18 of the safety list; `make soak` sends ten thousand cases per role. Every case is sent by every role, ids in paths and
bodies are often those of rows that earlier answers told of, and the module writes to a database of its own.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import FailureGroup, load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import api, app, people, place
from tests.conftest import Database, _clone, _drop

__all__ = ["api", "app", "people", "place"]

pytestmark = [pytest.mark.reliability, pytest.mark.slow]

IS_SOAK = "STOCKPOT_SOAK_MINUTES" in os.environ
CASES = int(os.environ.get("STOCKPOT_SOAK_CASES", "10000")) if IS_SOAK else 300
ROLES = ("admin", "manager", "operator", "analyst")
SEED = 20261122
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
POOL = 400


@pytest.fixture(scope="module")
def database(postgres) -> Iterator[Database]:
    """Its own: what is written here is nonsense."""
    made = _clone(postgres, f"stockpot_schema_{os.getpid()}")
    yield made
    _drop(made)


class Pool:
    """Ids of rows that answers told of."""

    def __init__(self, chance: random.Random, first: list[str]) -> None:
        self.chance, self.ids = chance, first

    def learn(self, answer: Any) -> None:
        """Every id in an answer."""
        for text in (match[0] for match in UUID_TEXT.finditer(answer.text[:20_000])):
            if len(self.ids) < POOL:
                self.ids.append(text)
            else:
                self.ids[self.chance.randrange(POOL)] = text

    def lend(self, value: Any) -> Any:
        """The value with about half of its ids replaced by ids of rows."""
        if isinstance(value, dict):
            return {name: self.lend(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.lend(each) for each in value]
        is_id = isinstance(value, UUID) or (isinstance(value, str) and UUID_TEXT.fullmatch(value))
        return self.chance.choice(self.ids) if is_id and self.ids and self.chance.random() < 0.6 else value


class Crowd:
    """One person of each role, signed in again whenever a case threw it out."""

    def __init__(self, people: Any, place: Any) -> None:
        self.people, self.place = people, place
        self.clients: dict[str, TestClient] = {}

    def client(self, role: str) -> TestClient:
        known = self.clients.get(role)
        if known is None or known.get("/api/auth/me").status_code != 200:
            where = self.place.id if role == "operator" else None
            self.clients[role] = self.people.bearer(self.people.create(role, where))
        return self.clients[role]


@pytest.fixture
def crowd(people, place) -> Crowd:
    return Crowd(people, place)


def operations(app) -> list[Any]:
    """The document's operations, without what it says of credentials: those are the role's own."""
    document = copy.deepcopy(app.openapi())
    document["components"].pop("securitySchemes")
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    load_all_checks()
    return [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]


def drawn(operation: Any, mode: GenerationMode, count: int, seed: int) -> list[Any]:
    """Some cases of an operation; none where the document leaves nothing to get wrong."""
    cases: list[Any] = []

    @hypothesis_seed(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(operation.as_strategy(generation_mode=mode))
    def draw(case: Any) -> None:
        cases.append(case)

    try:
        draw()
    except Unsatisfiable:
        return cases
    return cases[:count]


def sent(client: TestClient, case: Any) -> Any:
    """The answer to a case; headers and cookies of the case are left out where they would replace the role's own."""
    request = case.as_transport_kwargs(base_url="http://testserver")
    headers = {
        name: value
        for name, value in request.pop("headers").items()
        if name.lower() not in {"authorization", "cookie", "content-length", "host"} and value.isascii()
    }
    request.pop("cookies", None)
    if "files" in request:
        request["files"] = [_part(name, part) for name, part in request["files"]]
    data = request.pop("data", None)
    body = {"content": data} if isinstance(data, str | bytes) else {"data": data} if data else {}
    method, url = request.pop("method"), request.pop("url")
    return client.request(method, url, headers=headers, **request, **body)


def untold(case: Any, answer: Any) -> str:
    """What of this answer the document does not tell; nothing where all is as it says."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as error:
        return " ".join(str(error.exceptions[0]).split())[:300]
    return ""


def _part(name: str, part: Any) -> tuple[str, Any]:
    file_name, content, *rest = part
    return name, (file_name, content if isinstance(content, str | bytes) else json.dumps(content), *rest)


class TestDocument:
    def test_no_case_of_any_role_is_answered_by_a_5xx_or_by_what_the_document_does_not_tell(self, app, crowd: Crowd):
        chance = random.Random(SEED)
        every = operations(app)
        each = max(1, CASES // (2 * len(every)) + IS_SOAK)
        pool = Pool(chance, [str(crowd.place.id)])
        answers: dict[str, Counter[int]] = {role: Counter() for role in ROLES}
        wrong: dict[str, str] = {}
        passes = 0
        # Where the document leaves little to get wrong, fewer are drawn than were asked for: later passes make up for them.
        while passes == 0 or (IS_SOAK and min(counts.total() for counts in answers.values()) < CASES):
            for number, operation in enumerate(every):
                clients = {role: crowd.client(role) for role in ROLES}
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    for case in drawn(operation, mode, 1 if passes else each, SEED + number + 1000 * passes):
                        case.path_parameters = pool.lend(case.path_parameters)
                        case.query, case.body = pool.lend(case.query), pool.lend(case.body)
                        for role, client in clients.items():
                            try:
                                answer = sent(client, case)
                            except (UnicodeError, TypeError, httpx.InvalidURL, AttributeError):
                                continue  # the client itself cannot send it
                            answers[role][answer.status_code] += 1
                            pool.learn(answer)
                            if told := untold(case, answer):
                                wrong.setdefault(f"{operation.label}: {answer.status_code}", f"{role}: {told}")
            passes += 1
        print({role: dict(counts) for role, counts in answers.items()})  # noqa: T201  # the figures of a soak
        assert wrong == {}, "\n".join(f"{where}: {told}" for where, told in wrong.items())
        assert min(counts.total() for counts in answers.values()) >= CASES * (1 if IS_SOAK else 0.8)
        assert answers["admin"][200] + answers["admin"][201] > 20


# ------------------------------------------------------------------ poisoned fields

POISONS = {
    "NUL": r'"a\u0000b"',
    "lone surrogate": r'"\ud800"',
    "2^63": "9223372036854775808",
    "2^63 as text": '"9223372036854775808"',
    "-2^63-1": "-9223372036854775809",
    "NaN": "NaN",
    "NaN as text": '"NaN"',
    "Infinity": "-Infinity",
    "1e400": "1e400",
    "deep": "[" * 2_000 + "]" * 2_000,
    "bottomless": "[" * 200_000,
    "null": "null",
    "long": json.dumps("x" * 100_000),
    "year 0": '"0000-00-00T00:00:00Z"',
    "first moment": '"0001-01-01T00:00:00Z"',
    "last moment": '"9999-12-31T23:59:59Z"',
    "beyond the last moment": '"9999-12-31T23:59:59.999999-14:00"',
}
IN_ADDRESS = [
    "%00",
    "%ED%A0%80",
    "%FF",
    str(2**63),
    "-1",
    "NaN",
    "1e400",
    "a%0Ab",
    quote("x" * 2000),
    "%5B" * 500,
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31",
    "0001-01-01",
]
MARK = "poison-goes-here"


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of a body where a value stands."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = False
    for key, child in children:
        found = True
        yield from leaves(child, (*path, key))
    if not found and path:
        yield path


def poisoned(body: Any, path: tuple[Any, ...], poison: str) -> bytes:
    """The body as JSON with the poison in one place."""
    spoilt = copy.deepcopy(body)
    target = spoilt
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = MARK
    return json.dumps(spoilt).replace(f'"{MARK}"', poison).encode()


def samples(operation: Any, seed: int) -> list[Any]:
    """A body with as many fields as the document allows, of some that were drawn."""
    cases = drawn(operation, GenerationMode.POSITIVE, 60 if IS_SOAK else 12, seed)
    bodies = [case for case in cases if isinstance(case.body, dict | list) and case.media_type == "application/json"]
    return sorted(bodies, key=lambda case: -len(list(leaves(case.body))))[: 3 if IS_SOAK else 1]


class TestPoison:
    def test_no_field_of_any_body_lets_it_through_to_a_5xx(self, app, crowd: Crowd):
        chance = random.Random(SEED)
        wrong, count = [], 0
        pool = Pool(chance, [str(crowd.place.id)])
        for number, operation in enumerate(operations(app)):
            if operation.method.upper() not in {"POST", "PATCH", "PUT"}:
                continue
            client = crowd.client("admin")
            for case in samples(operation, SEED + number):
                case.path_parameters = pool.lend(case.path_parameters)
                body = pool.lend(case.body)
                for path in list(leaves(body))[: 40 if IS_SOAK else 12]:
                    names = list(POISONS) if IS_SOAK else chance.sample(list(POISONS), 2)
                    for name in names:
                        answer = client.request(
                            operation.method,
                            case.formatted_path,
                            content=poisoned(body, path, POISONS[name]),
                            headers={"Content-Type": "application/json", "If-Match": '"1"'},
                        )
                        count += 1
                        pool.learn(answer)
                        if answer.status_code >= 500:
                            wrong.append(f"{operation.label} {path} {name}: {answer.status_code} {answer.text[:200]}")
        print(f"{count} poisoned bodies")  # noqa: T201
        assert wrong[:20] == [], f"{len(wrong)} of {count}"
        assert count > 200

    def test_no_part_of_any_address_lets_it_through_to_a_5xx(self, app, crowd: Crowd):
        chance = random.Random(SEED)
        wrong, count = [], 0
        pool_id = str(crowd.place.id)
        for path, methods in app.openapi()["paths"].items():
            client = crowd.client("admin")
            for method, operation in methods.items():
                for parameter in operation.get("parameters", ()):
                    if parameter["in"] not in {"path", "query"}:
                        continue
                    for poison in IN_ADDRESS if IS_SOAK else chance.sample(IN_ADDRESS, 2):
                        address = path
                        if parameter["in"] == "path":
                            address = address.replace(f"{{{parameter['name']}}}", poison)
                        address = re.sub(r"\{[a-z_]+\}", pool_id, address)
                        address += f"?{parameter['name']}={poison}" if parameter["in"] == "query" else ""
                        body = {"json": {}} if method != "get" else {}
                        answer = client.request(method, address, headers={"If-Match": '"1"'}, **body)
                        count += 1
                        if answer.status_code >= 500:
                            wrong.append(f"{method} {path} {parameter['name']}={poison[:40]}: {answer.text[:200]}")
        print(f"{count} poisoned addresses")  # noqa: T201
        assert wrong[:20] == [], f"{len(wrong)} of {count}"
        assert count > 200
