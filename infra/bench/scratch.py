"""A database of the benchmark's own on the server that runs, with one restaurant in it, dropped at the end."""

from __future__ import annotations

import contextlib
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import psycopg
from argon2 import PasswordHasher

from infra.bench.floor import CODES
from infra.local import services
from infra.local.environment import DATABASE_ROLES, Environment
from infra.local.errors import CannotRunError
from infra.local.postgres import PostgresServer, create_database
from infra.local.processes import LOOPBACK, free_port, stop_process, wait_until
from infra.local.stack import run_migrations
from infra.local.supervisor import answers_http, last_words

EMAIL = "bench@stockpot.example"
SEED = """
with place as (
    insert into locations (code, name, time_zone, currency) values ('BENCH', 'Bench', 'UTC', 'EUR') returning id
), made as (
    insert into products (sku, name, stock_unit)
    select 'B' || n, 'Product ' || n, 'each' from generate_series(1, {codes}) n returning id, sku
), coded as (
    insert into barcodes (code, symbology, product_id, pack_unit)
    select code, 'ean13', made.id, 'each' from made join unnest(%(codes)s::text[]) with ordinality as c(code, n)
        on made.sku = 'B' || c.n
), stocked as (
    insert into inventory_items (product_id, location_id, currency) select made.id, place.id, 'EUR' from made, place
), role as (
    insert into roles (name, scopes) values ('bench', '{{inventory.scan,inventory.read}}') returning id
), person as (
    insert into users (email, name, password_hash) values (%(email)s, 'Bench', %(hash)s) returning id
), granted as (
    insert into role_grants (user_id, role_id) select person.id, role.id from person, role
)
select id::text from place
"""


@dataclass(frozen=True)
class Bench:
    """A service on a scratch database, ready to be measured."""

    admin_url: str
    port: int
    token: str
    location_id: str
    codes: list[str]


def gtins(count: int) -> list[str]:
    """Valid EAN-13 codes, as a shelf of products would carry."""
    return [ean13(f"20000000{number:04d}") for number in range(count)]


def ean13(body: str) -> str:
    """Twelve digits with their check digit."""
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


@contextlib.contextmanager
def scratch_database(environment: Environment, progress: Callable[[str], None]) -> Iterator[tuple[str, Environment]]:
    """A migrated database: its superuser's address, and the environment that points at it.

    Raises:
        CannotRunError: the server is not an embedded one.
    """
    server = environment.postgres
    if server is None:
        raise CannotRunError("the benchmark makes a database of its own and needs the embedded PostgreSQL")
    name = f"stockpot_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, name)
        try:
            here = pointed_at(environment, server, name)
            progress("migrating and seeding a database of its own")
            run_migrations(here, "upgrade", "head")
            yield server.url(database=name), here
        finally:
            connection.execute(f'drop database "{name}" with (force)'.encode())


@contextlib.contextmanager
def scratch(environment: Environment, progress: Callable[[str], None]) -> Iterator[Bench]:
    """A migrated and seeded database with the service running on it.

    Raises:
        CannotRunError: the server is not an embedded one, or the service does not start.
    """
    with scratch_database(environment, progress) as (admin_url, here):
        password, codes = secrets.token_urlsafe(24), gtins(CODES)
        location_id = _seed(admin_url, codes, password)
        with running_service(here, progress) as port:
            token = _sign_in(port, password)
            yield Bench(admin_url, port, token, location_id, codes)


def pointed_at(environment: Environment, server: PostgresServer, name: str) -> Environment:
    """The environment with another database of the same server."""
    urls = {variable: server.url(role, name) for variable, role in DATABASE_ROLES.items()}
    more = {"COOKIE_SECURE": "false"}
    return replace(environment, variables={**environment.variables, **urls, **more})


def _seed(admin_url: str, codes: list[str], password: str) -> str:
    values: dict[str, Any] = {"codes": ["0" + code for code in codes], "email": EMAIL}
    with psycopg.connect(admin_url) as connection:
        found = connection.execute(
            SEED.format(codes=len(codes)).encode(), {**values, "hash": PasswordHasher().hash(password)}
        ).fetchone()
        assert found is not None
        connection.execute("analyze")
    return str(found[0])


@contextlib.contextmanager
def running_service(environment: Environment, progress: Callable[[str], None]) -> Iterator[int]:
    """The operational service as `stockpot up` runs it, on a port of its own."""
    port = free_port()
    environment = replace(environment, ports={**environment.ports, "api": port})
    service = services.api(environment)
    log = environment.home.folder("log") / "bench-api.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            list(service.command),
            env=dict(service.environment),
            cwd=service.folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    try:
        progress("starting the service")
        ready = answers_http(f"http://{LOOPBACK}:{port}/readyz")
        if not wait_until(lambda: ready() or process.poll() is not None, 180) or process.poll() is not None:
            raise CannotRunError(f"the service did not start; last words in {log}: {last_words(log)}")
        yield port
    finally:
        stop_process(process.pid, signal.SIGTERM, seconds=10)
        process.wait()


def _sign_in(port: int, password: str) -> str:
    reply = httpx.post(
        f"http://{LOOPBACK}:{port}/api/auth/login",
        json={"email": EMAIL, "password": password},
        trust_env=False,
        timeout=30,
    )
    if reply.status_code != 200:
        raise CannotRunError(f"signing in failed: {reply.status_code} {reply.text}")
    return str(reply.json()["access_token"])
