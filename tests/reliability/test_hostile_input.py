"""Hostile uploads against a real API process: refused in two seconds, in a hundred megabytes (row 20 of the safety list)."""

from __future__ import annotations

import io
import os
import socket
import struct
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import httpx
import psutil
import psycopg
import pytest
from argon2 import PasswordHasher

from infra.local.processes import LOOPBACK, free_port, wait_until
from infra.local.services import serving
from infra.local.supervisor import answers_http
from tests.conftest import ROOT, UNSET, Database, environment_for

pytestmark = pytest.mark.reliability

PASSWORD = "correct horse battery staple"
SECONDS, MEGABYTES = 2.0, 100
PRODUCTS = "/api/imports/products"
RELATIONS = b'<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>'
BOOK = b'<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>'


@dataclass
class Served:
    """A service of one process, and somebody who may import."""

    client: httpx.Client
    process: psutil.Process
    port: int

    @property
    def megabytes(self) -> float:
        return self.process.memory_info().rss / 2**20


@pytest.fixture(scope="module")
def served(postgres, redis_url, key_folder, tmp_path_factory) -> Iterator[Served]:
    """The application as `stockpot up` runs it, on a database of this module's own, warmed up by a good file."""
    from tests.conftest import _clone, _drop

    database = _clone(postgres, f"stockpot_hostile_{time.time_ns()}")
    home = tmp_path_factory.mktemp("hostile")
    port = free_port()
    _person(database)
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    environment |= environment_for(database, redis_url, home, key_folder)
    with (home / "api.log").open("wb") as log:
        process = subprocess.Popen(serving(port, 1), env=environment, cwd=ROOT, stdout=log, stderr=log)
    try:
        assert wait_until(answers_http(f"http://{LOOPBACK}:{port}/readyz"), 120), (home / "api.log").read_text()
        with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=60, trust_env=False) as client:
            token = client.post("/api/auth/login", json={"email": "cook@example.com", "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
            one = Served(client, psutil.Process(process.pid), port)
            for _ in range(3):
                assert (
                    upload(one, workbook(b"<a><row><c t='inlineStr'><is><t>sku</t></is></c></row></a>")).status_code
                    == 422
                )
            yield one
    finally:
        process.terminate()
        process.wait(20)
        _drop(database)


def _person(database: Database) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute(
            "with role as (insert into roles (name, scopes) values ('importer', '{imports.run,catalog.edit,inventory.scan}')"
            " returning id), person as (insert into users (email, name, password_hash)"
            " values ('cook@example.com', 'Cook', %s) returning id)"
            " insert into role_grants (user_id, role_id) select person.id, role.id from person, role",
            [PasswordHasher().hash(PASSWORD)],
        )


# ------------------------------------------------------------------ what is sent


def packed(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def workbook(sheet: bytes, **more: bytes) -> bytes:
    parts = {"xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": RELATIONS, "xl/worksheets/sheet1.xml": sheet}
    return packed(**(parts | more))


@lru_cache
def zip_bomb() -> bytes:
    """A sheet of 100 MB in half a megabyte."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=False) as part:
            part.write(b"<a><row>")
            for _ in range(100):
                part.write(b"<c/>" * 262_144)
    return content.getvalue()


def lying_bomb() -> bytes:
    """The same, but its directory says that the sheet has a thousand bytes."""
    content = bytearray(zip_bomb())
    at = content.rfind(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 1000)
    return bytes(content)


def many_parts() -> bytes:
    """A directory of 20,000 empty parts."""
    return packed(**{f"p{number}": b"" for number in range(20_000)})


DOCTYPE = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a><row><c><v>&e;</v></c></row></a>'
LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 12))
    + b"]><a>&l11;</a>"
)
HOSTILE = {
    "zip bomb": zip_bomb,
    "zip bomb that lies": lying_bomb,
    "twenty thousand parts": many_parts,
    "external entity": lambda: workbook(DOCTYPE),
    "entity in the texts": lambda: workbook(b"<a/>", **{"xl/sharedStrings.xml": DOCTYPE}),
    "a billion laughs": lambda: workbook(LAUGHS),
    "four million elements": lambda: workbook(b"<a>" + b"<x/>" * 4_000_000),
    "strange elements": lambda: workbook(b"<a>" + b"<x/>" * 900_000),
    "a deep tree": lambda: workbook(b"<a>" * 3_000_000),
    "a name that never ends": lambda: workbook(b"<" + b"a" * 18_000_000),
    "a wide row": lambda: workbook(b"<a><row>" + b"<c/>" * 4_000_000),
    "a part outside": lambda: packed(**{"../../../tmp/stockpot-escaped": b"x"}),
    "one line of nine megabytes": lambda: b"sku,name\n" + b"x" * 9_000_000,
    "an open quote": lambda: b'sku,name\n"' + b"x,y\n" * 2_000_000,
    "columns without end": lambda: b"," * 9_000_000,
}
NAMES = ["../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/cron.d/x", "a/../b.csv", ".."]


def upload(served: Served, content: bytes, name: str = "catalog.xlsx") -> httpx.Response:
    return served.client.post(PRODUCTS, files={"file": (name, content, "application/octet-stream")})


class Peak:
    """The most memory that the process had while a block ran, beyond what it had before."""

    def __init__(self, served: Served) -> None:
        self.served, self.over, self.most = served, threading.Event(), 0.0

    def __enter__(self) -> Self:
        self.before = self.most = self.served.megabytes
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        self.started_at = time.perf_counter()
        return self

    def _watch(self) -> None:
        while not self.over.wait(0.005):
            self.most = max(self.most, self.served.megabytes)

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.started_at
        self.over.set()
        self.thread.join()

    @property
    def grown(self) -> float:
        return self.most - self.before


def judge(answer: httpx.Response, peak: Peak) -> None:
    assert answer.status_code in {413, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert peak.grown <= MEGABYTES, f"+{peak.grown:.0f} MB"
    assert peak.seconds <= SECONDS, f"{peak.seconds:.1f} s"


class TestFiles:
    @pytest.mark.parametrize("kind", HOSTILE)
    def test_it_is_refused_in_two_seconds_and_a_hundred_megabytes(self, served: Served, kind: str):
        content = HOSTILE[kind]()
        assert len(content) < 10 * 1024 * 1024
        with Peak(served) as peak:
            answer = upload(served, content)
        judge(answer, peak)
        assert "root:" not in answer.text

    @pytest.mark.parametrize("name", NAMES)
    def test_a_name_with_folders_is_refused(self, served: Served, name: str):
        with Peak(served) as peak:
            answer = upload(served, b"sku,name\n1,x\n", name)
        judge(answer, peak)
        assert answer.json()["code"] == "bad_file_name"


class TestBodies:
    def test_a_hundred_announced_megabytes_are_refused_unread(self, served: Served):
        with Peak(served) as peak:
            head = (
                f"POST {PRODUCTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {served.client.headers['Authorization']}\r\n"
                f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {100 * 2**20}\r\n\r\n"
            )
            with socket.create_connection((LOOPBACK, served.port), timeout=10) as connection:
                connection.sendall(head.encode() + b"x" * 65_536)
                status = connection.recv(12)
        assert status == b"HTTP/1.1 413"
        assert (peak.grown <= MEGABYTES, peak.seconds <= SECONDS) == (True, True), (peak.grown, peak.seconds)

    @pytest.mark.parametrize("path", [PRODUCTS, "/api/scans", "/api/auth/login"])
    def test_a_hundred_unannounced_megabytes_are_refused_when_they_are_too_many(self, served: Served, path: str):
        """In chunks, so that nobody knows how long it will be; the client stops when it is answered."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {served.client.headers['Authorization']}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"100000\r\n" + b"[" * 2**20 + b"\r\n"
        with Peak(served) as peak, socket.create_connection((LOOPBACK, served.port), timeout=10) as connection:
            connection.sendall(head.encode())
            for _ in range(100):
                try:
                    connection.sendall(chunk)
                except (BrokenPipeError, ConnectionResetError):
                    break
            status = connection.recv(12)
        assert status == b"HTTP/1.1 413"
        assert (peak.grown <= MEGABYTES, peak.seconds <= SECONDS) == (True, True), (peak.grown, peak.seconds)

    def test_the_service_still_works_afterwards(self, served: Served):
        assert served.client.get("/readyz").status_code == 200
        answer = upload(served, b"sku,name\nstill-works,Rice\n", "catalog.csv")
        assert answer.json()["rows"]["new"] == 1
