"""Tokens that are not ours: every way to make one is refused, by a 401 and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.identity.scopes import PIPELINE_ID


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Forge:
    """A workshop with the real keys, to bend one thing at a time."""

    def __init__(self, person, keys, key_folder):
        self.person, self.keys = person, keys
        self.key = keys._private
        self.service_key = serialization.load_pem_private_key((key_folder / "service-private.pem").read_bytes(), None)

    def claims(self, **changes):
        now = int(time.time())
        claims = {
            "iss": "stockpot", "aud": "stockpot-api", "sub": str(self.person.id), "sid": str(self.person.session_id),
            "iat": now, "nbf": now, "exp": now + 900, "jti": uuid.uuid4().hex,
        }  # fmt: skip
        return {name: value for name, value in (claims | changes).items() if value is not ...}

    def header(self, **changes):
        header = {"typ": "at+jwt", "kid": self.keys.kid}
        return {name: value for name, value in (header | changes).items() if value is not ...}

    def access(self, *, key=None, algorithm="EdDSA", header=None, **claims):
        return jwt.encode(self.claims(**claims), key or self.key, algorithm, header or self.header())

    def service(self, *, key=None, header=None, **changes):
        now = int(time.time())
        claims = {
            "iss": "stockpot-pipeline", "aud": "stockpot-api", "sub": "pipeline", "iat": now, "exp": now + 60,
            "jti": uuid.uuid4().hex,
        }  # fmt: skip
        claims = {name: value for name, value in (claims | changes).items() if value is not ...}
        return jwt.encode(claims, key or self.service_key, "EdDSA", header or {"typ": "service+jwt"})

    def raw(self, header, claims, signature=b""):
        signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
        return f"{signed}.{b64(signature)}"

    def confused(self):
        """HMAC with the public key as its secret."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = {"alg": "HS256"} | self.header()
        signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(self.claims()).encode())}"
        return f"{signed}.{b64(hmac.new(public, signed.encode(), hashlib.sha256).digest())}"


OWN = Ed25519PrivateKey.generate()
OWN_JWK = {"kty": "OKP", "crv": "Ed25519", "x": b64(OWN.public_key().public_bytes_raw())}

FORGERIES = {
    "no algorithm": lambda f: f.raw({"alg": "none"} | f.header(), f.claims()),
    "no algorithm, in capitals": lambda f: f.raw({"alg": "NONE"} | f.header(), f.claims()),
    "no algorithm, with a signature": lambda f: f.raw({"alg": "none"} | f.header(), f.claims(), b"x" * 64),
    "our algorithm, no signature": lambda f: f.raw({"alg": "EdDSA"} | f.header(), f.claims()),
    "HMAC with the public key": lambda f: f.confused(),
    "RSA": lambda f: f.access(key=rsa.generate_private_key(65537, 2048), algorithm="RS256"),
    "ECDSA": lambda f: f.access(key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"),
    "another Ed25519 key": lambda f: f.access(key=OWN),
    "another key, named by jwk": lambda f: f.access(key=OWN, header=f.header(jwk=OWN_JWK)),
    "another key, named by jku": lambda f: f.access(key=OWN, header=f.header(jku="https://evil.example/jwks.json")),
    "another key, named by x5u": lambda f: f.access(key=OWN, header=f.header(x5u="https://evil.example/cert")),
    "a jwk beside the right signature": lambda f: f.access(header=f.header(jwk=OWN_JWK)),
    "a critical extension": lambda f: f.access(header=f.header(crit=["exp"])),
    "another kid": lambda f: f.access(header=f.header(kid="other")),
    "no kid": lambda f: f.access(header=f.header(kid=...)),
    "a kid that is a path": lambda f: f.access(header=f.header(kid="../../etc/passwd")),
    "a kid that is SQL": lambda f: f.access(header=f.header(kid="' or 1=1 --")),
    "type JWT": lambda f: f.access(header=f.header(typ="JWT")),
    "no type": lambda f: jwt.encode(f.claims(), f.key, "EdDSA", {"kid": f.keys.kid, "typ": None}),
    "an access token dressed as a service": lambda f: f.access(header={"typ": "service+jwt"}),
    "another audience": lambda f: f.access(aud="other-api"),
    "several audiences": lambda f: f.access(aud=["stockpot-api", "other-api"]),
    "no audience": lambda f: f.access(aud=...),
    "another issuer": lambda f: f.access(iss="stockpot-pipeline"),
    "no issuer": lambda f: f.access(iss=...),
    "expired": lambda f: f.access(exp=int(time.time()) - 1),
    "no expiry": lambda f: f.access(exp=...),
    "an expiry that is text": lambda f: f.access(exp="tomorrow"),
    "not yet valid": lambda f: f.access(nbf=int(time.time()) + 600),
    "no nbf": lambda f: f.access(nbf=...),
    "issued in the future": lambda f: f.access(iat=int(time.time()) + 600),
    "no jti": lambda f: f.access(jti=...),
    "no session": lambda f: f.access(sid=...),
    "a session that is none": lambda f: f.access(sid=str(uuid.uuid4())),
    "a session that is no UUID": lambda f: f.access(sid="1"),
    "a session that is a list": lambda f: f.access(sid=[str(f.person.session_id)]),
    "somebody else's session": lambda f: f.access(sub=str(uuid.uuid4())),
    "no subject": lambda f: f.access(sub=...),
    "the pipeline as subject": lambda f: f.access(sub=str(PIPELINE_ID)),
    "the refresh token": lambda f: f.person.refresh_token,
    "one bit of the signature turned": lambda f: (
        f.person.access_token[:-10] + ("A" if f.person.access_token[-10] != "A" else "B") + f.person.access_token[-9:]
    ),
    "the signature cut": lambda f: f.person.access_token.rpartition(".")[0] + ".",
    "two parts": lambda f: f.person.access_token.rpartition(".")[0],
    "four parts": lambda f: f.person.access_token + ".AAAA",
    "padding behind it": lambda f: f.person.access_token + "==",
    "not JSON inside": lambda _: f"{b64(b'{')}.{b64(b'{}')}.{b64(b'x' * 64)}",
    "a list inside": lambda _: f"{b64(b'[]')}.{b64(b'[]')}.{b64(b'x' * 64)}",
    "deep JSON inside": lambda _: f"{b64(b'[' * 1000)}.{b64(b'{}')}.{b64(b'x' * 64)}",
    "a kilobyte of letters": lambda _: "A" * 1000,
    "longer than any token": lambda _: "A" * 5000,
    "nothing": lambda _: "",
    "service: access key": lambda f: f.service(key=f.key),
    "service: own key": lambda f: f.service(key=OWN),
    "service: six minutes": lambda f: f.service(exp=int(time.time()) + 360),
    "service: expired": lambda f: f.service(iat=int(time.time()) - 60, exp=int(time.time()) - 1),
    "service: issued in the future": lambda f: f.service(iat=int(time.time()) + 100),
    "service: another name": lambda f: f.service(sub="admin"),
    "service: another issuer": lambda f: f.service(iss="stockpot"),
    "service: another audience": lambda f: f.service(aud="other"),
    "service: no jti": lambda f: f.service(jti=...),
    "service: type JWT": lambda f: f.service(header={"typ": "JWT"}),
    "service: dressed as access": lambda f: f.service(header={"typ": "at+jwt", "kid": f.keys.kid}),
}


@pytest.fixture
def forge(people, admin_person, app, key_folder):
    return Forge(admin_person, app.state.authenticate.keys, key_folder)


class TestForgeries:
    def test_the_workshop_makes_good_tokens_when_nothing_is_bent(self, people, forge):
        client = people.anonymous()
        good = {"Authorization": f"Bearer {forge.access()}"}
        assert client.get("/api/auth/me", headers=good).status_code == 200
        service = {"Authorization": f"Bearer {forge.service()}"}
        assert client.get("/api/reports", headers=service).status_code == 200

    def test_each_forgery_is_401_as_bearer_and_as_cookie(self, people, forge):
        wrong = {}
        for name, make in FORGERIES.items():
            token = make(forge)
            bearer = people.anonymous().get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
            cookie = people.anonymous().get("/api/auth/me", headers={"Cookie": f"stockpot_access={token}"})
            if (bearer.status_code, cookie.status_code) != (401, 401):
                wrong[name] = (bearer.status_code, cookie.status_code)
        assert wrong == {}
        assert len(FORGERIES) >= 30

    @pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "bearer ", "Token x", "", "Bearer \xff"])
    def test_an_authorization_header_that_is_no_bearer_outranks_the_cookie(self, people, admin_person, header):
        client = people.browser(admin_person)
        answer = client.get("/api/auth/me", headers={"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401


class TestKeySet:
    def test_the_published_key_verifies_our_tokens(self, api, admin_person):
        published = api.get("/.well-known/jwks.json").json()["keys"][0]
        key = jwt.PyJWK(published).key
        claims = jwt.decode(admin_person.access_token, key, ["EdDSA"], audience="stockpot-api", issuer="stockpot")
        assert claims["sid"] == str(admin_person.session_id)
        assert jwt.get_unverified_header(admin_person.access_token)["kid"] == published["kid"]
        assert "d" not in published
