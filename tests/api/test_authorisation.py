"""Every route against the hand-written matrix, as every role and as nobody."""

from __future__ import annotations

import re
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.api.authorisation_matrix import MATRIX, PUBLIC

LETTERS = {"A": "admin", "M": "manager", "O": "operator", "N": "analyst", "P": "pipeline"}
WITH_BODY = {"POST", "PATCH", "PUT", "DELETE"}


@pytest.fixture
def pipeline(people, key_folder):
    """A client with the pipeline's own token."""
    key = load_pem_private_key((key_folder / "service-private.pem").read_bytes(), None)
    now = int(time.time())
    claims = {"iss": "stockpot-pipeline", "aud": "stockpot-api", "sub": "pipeline", "iat": now, "exp": now + 300}
    token = jwt.encode(claims | {"jti": uuid.uuid4().hex}, key, "EdDSA", {"typ": "service+jwt"})
    client = people.anonymous()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.fixture
def clients(admin, manager, operator, analyst, pipeline):
    return {"A": admin, "M": manager, "O": operator, "N": analyst, "P": pipeline}


def routes(app):
    """Every (method, path) that the OpenAPI document tells of."""
    document = app.openapi()
    return {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}


def knock(client, method, path):
    """Ask with ids that name nothing, and with an empty body where one is read."""
    address = re.sub(r"\{[a-z_]+\}", str(uuid.uuid4()), path)
    body = {"json": {}} if method in WITH_BODY else {}
    return client.request(method, address, headers={"If-Match": '"1"'}, **body)


class TestMatrix:
    def test_it_lists_every_route_and_no_other(self, app):
        listed = PUBLIC | set(MATRIX)
        assert routes(app) - listed == set(), "decide in tests/api/authorisation_matrix.py who may call these"
        assert listed - routes(app) == set(), "these are gone"

    def test_nobody_gets_in_without_a_token(self, api):
        answers = {route: knock(api, *route).status_code for route in MATRIX}
        assert {route: status for route, status in answers.items() if status != 401} == {}

    @pytest.mark.parametrize("letter", LETTERS, ids=LETTERS.values())
    def test_each_role_opens_its_doors_and_no_other(self, clients, letter):
        wrong = {}
        for (method, path), letters in MATRIX.items():
            answer = knock(clients[letter], method, path)
            is_open = answer.status_code not in {401, 403}
            if is_open != (letter in letters) or answer.status_code >= 500:
                wrong[method, path] = (answer.status_code, answer.text[:200])
        assert wrong == {}

    def test_public_routes_answer_nobody_in_particular(self, api):
        answers = {route: knock(api, *route).status_code for route in PUBLIC}
        assert max(answers.values()) < 500
