"""Fixtures of every test: one PostgreSQL and one Redis per run, and a migrated database of one's own.

`database` is this worker's clone of the migrated template (shared by its tests: roll back, or use rows of your own);
`fresh_database` is a clone for one test alone. `settings` points the environment and `api.config` at `database`.
Nothing starts for a test that asks for none of them.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import psutil
import psycopg
import pytest

from infra.local.keys import ensure_key_pair
from infra.local.postgres import PostgresServer, create_database
from infra.local.processes import exclusive, wait_until
from infra.local.redis import RedisServer
from infra.local.throwaway import servers

if TYPE_CHECKING:
    from api.config import Settings

gc.set_threshold(100_000, 50, 50)  # what the libraries loaded stays: to walk through it again and again costs a tenth

ROOT = Path(__file__).parents[1]
TEMPLATE = "stockpot_template"
SERVICES = "services"
LONGEST_FIRST = (
    "tests/e2e/test_scan_to_dashboard.py",
    "tests/dbt_project/test_build.py",  # makes the house that others copy: nobody has to wait for it
    "tests/reliability/test_kill.py",
    "tests/orchestration/test_nightly.py",
    "tests/orchestration/test_takeaway.py",
    "tests/infra/demo/test_load.py",
    "tests/reliability/test_pipeline_kill.py",
    "tests/dashboards/test_pages.py",
    "tests/dbt_project/test_second_engine.py",
    "tests/dbt_project/test_incremental.py",
)


@dataclass(frozen=True)
class Services:
    """The two servers of this test run."""

    postgres: PostgresServer
    redis: RedisServer


@dataclass(frozen=True)
class Database:
    """One migrated database, with a URL for each role."""

    server: PostgresServer
    name: str

    @property
    def app_url(self) -> str:
        return self.server.url("stockpot_app", self.name)

    @property
    def owner_url(self) -> str:
        return self.server.url("stockpot_owner", self.name)

    @property
    def pipeline_url(self) -> str:
        return self.server.url("stockpot_pipeline", self.name)

    @property
    def analyst_url(self) -> str:
        return self.server.url("analyst", self.name)

    @property
    def reader_url(self) -> str:
        return self.server.url("stockpot_reader", self.name)

    @property
    def admin_url(self) -> str:
        return self.server.url(database=self.name)


# ------------------------------------------------------------------ the servers


def _controller_pid() -> int:
    """The process whose end ends the test run: xdist's controller, or this one."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run see."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / SERVICES
    folder.mkdir(exist_ok=True)
    return folder


MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def main_module() -> None:
    """A page that Streamlit's AppTest has drawn stays behind as `__main__`, which a new process would import."""
    sys.modules["__main__"] = MAIN


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The servers of this run: the first worker that needs them starts them, a host process stops them."""
    under_xdist = "PYTEST_XDIST_WORKER" in os.environ
    folder = shared_folder(tmp_path_factory)
    with exclusive(folder / "lock"):
        if not (folder / "services.json").exists():
            _start_host(folder)
        description = json.loads((folder / "services.json").read_text())
        postgres, redis = servers(description)
        if not (folder / "migrated").exists():
            _make_template(postgres)
            (folder / "migrated").touch()
    yield Services(postgres, redis)
    if not under_xdist:
        _stop_host(folder)


def pytest_collection_finish() -> None:
    """Whatever is there now stays until the end: the collector looks at what tests make alone."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: begun last, they would keep one worker busy while the other has nothing left."""
    places = {path: place for place, path in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(str(item.path.relative_to(ROOT)), len(places)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller outlives its workers: it stops what they started."""
    factory = getattr(config, "_tmp_path_factory", None)
    if not hasattr(config, "workerinput") and factory is not None and factory._basetemp is not None:
        _stop_host(factory._basetemp / SERVICES)


def _start_host(folder: Path) -> None:
    with (folder / "host.log").open("ab") as log:
        host = subprocess.Popen(
            [sys.executable, "-m", "infra.local.throwaway", str(folder), str(_controller_pid())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    published = wait_until(lambda: (folder / "services.json").exists() or host.poll() is not None, 90)
    if not published or host.poll() is not None:
        pytest.exit(f"the test servers did not start:\n{(folder / 'host.log').read_text()}", returncode=2)
    host.returncode = 0  # it is stopped by its pid, perhaps by another process than this one


def _stop_host(folder: Path) -> None:
    if not (folder / "services.json").exists():
        return
    pid = json.loads((folder / "services.json").read_text())["pid"]
    (folder / "services.json").unlink()
    try:
        host = psutil.Process(pid)
        host.terminate()
        host.wait(60)
    except psutil.NoSuchProcess:
        return


def _make_template(server: PostgresServer) -> None:
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, TEMPLATE)
    migrate(server.url("stockpot_owner", TEMPLATE), "upgrade", "head")


def migrate(owner_url: str, *command: str) -> str:
    """Run Alembic as the owner, in a process of its own as deployments do, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "api/migrations/alembic.ini", *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_OWNER_URL": owner_url, "STOCKPOT_ENVIRONMENT": "test"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"alembic {' '.join(command)} failed:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def postgres(services: Services) -> PostgresServer:
    """The embedded PostgreSQL 18; `url(role, database)` connects as superuser by default."""
    return services.postgres


@pytest.fixture(scope="session")
def redis_url(services: Services, worker_number: int) -> str:
    """A Redis database of this worker's own."""
    return services.redis.url(worker_number)


@pytest.fixture(scope="session")
def worker_number() -> int:
    """0 for the first xdist worker or a run without xdist."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


# ------------------------------------------------------------------ databases


class CloneMadeOnce(Protocol):
    """`clone_made_once` below."""

    def __call__(
        self, purpose: str, make: Callable[[Database], str], template: str = TEMPLATE
    ) -> tuple[Database, str]: ...


def _clone(server: PostgresServer, name: str, template: str = TEMPLATE) -> Database:
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, name, template)
    return Database(server, name)


def _drop(database: Database) -> None:
    with psycopg.connect(database.server.url(database="postgres"), autocommit=True) as connection:
        connection.execute(f'drop database "{database.name}" with (force)')


@pytest.fixture(scope="session")
def clone_database(postgres: PostgresServer, worker_number: int) -> Callable[[str], Database]:
    """Makes a migrated database for this worker; a folder whose tests count everybody's rows takes one of its own."""
    return lambda purpose: _clone(postgres, f"stockpot_{purpose}_{worker_number}")


@pytest.fixture(scope="session")
def clone_made_once(
    postgres: PostgresServer, worker_number: int, tmp_path_factory: pytest.TempPathFactory
) -> CloneMadeOnce:
    """`clone(purpose, make)`: this worker's copy of a database that the first worker made, and what `make` said of it.

    What was made so is the template `stockpot_PURPOSE_made` of others.
    """

    @functools.cache
    def cloned(purpose: str) -> Database:
        return _clone(postgres, f"stockpot_{purpose}_{worker_number}", f"stockpot_{purpose}_made")

    def clone(purpose: str, make: Callable[[Database], str], template: str = TEMPLATE) -> tuple[Database, str]:
        said = shared_folder(tmp_path_factory) / f"{purpose}.txt"
        with exclusive(said.with_suffix(".lock")):
            if not said.exists():
                said.write_text(make(_clone(postgres, f"stockpot_{purpose}_made", template)))
        return cloned(purpose), said.read_text()

    return clone


@pytest.fixture(scope="session")
def database(clone_database: Callable[[str], Database]) -> Database:
    """This worker's clone of the migrated template."""
    return clone_database("worker")


@pytest.fixture
def fresh_database(postgres: PostgresServer) -> Iterator[Database]:
    """A migrated database for this test alone, dropped after it."""
    fresh = _clone(postgres, f"stockpot_fresh_{secrets.token_hex(6)}")
    yield fresh
    _drop(fresh)


@pytest.fixture
def empty_database(postgres: PostgresServer) -> Iterator[Database]:
    """A database before its first migration, dropped after the test."""
    empty = Database(postgres, f"stockpot_empty_{secrets.token_hex(6)}")
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as connection:
        create_database(connection, empty.name)
    yield empty
    _drop(empty)


# ------------------------------------------------------------------ settings


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two Ed25519 key pairs, `jwt-*.pem` and `service-*.pem`."""
    folder = tmp_path_factory.mktemp("keys")
    ensure_key_pair(folder, "jwt")
    ensure_key_pair(folder, "service")
    return folder


def environment_for(database: Database, redis_url: str, home: Path, keys: Path) -> dict[str, str]:
    """Every variable that points the product's processes at `database` and at folders under `home`."""
    return {
        "STOCKPOT_ENVIRONMENT": "test",
        "STOCKPOT_HOME": str(home),
        "STOCKPOT_PUBLIC_URL": "http://testserver",
        "STOCKPOT_API_URL": "http://testserver",
        "DATABASE_URL": database.app_url,
        "DATABASE_OWNER_URL": database.owner_url,
        "WAREHOUSE_URL": database.pipeline_url,
        "ANALYST_URL": database.analyst_url,
        "READER_URL": database.reader_url,
        "REDIS_URL": redis_url,
        "JWT_PRIVATE_KEY_FILE": str(keys / "jwt-private.pem"),
        "SERVICE_PRIVATE_KEY_FILE": str(keys / "service-private.pem"),
        "SERVICE_PUBLIC_KEY_FILE": str(keys / "service-public.pem"),
        "CSRF_SECRET": "test-only-csrf-secret-0123456789abcdef",
        "LINK_SECRET": "test-only-link-secret-0123456789abcdef",
        "COOKIE_SECURE": "false",
        "OBJECT_STORE_PATH": str(home / "objects"),
        "MAIL_PATH": str(home / "mail"),
        "POS_DROP_PATH": str(home / "drop" / "pos"),
        "SUPPLIER_CATALOG_DROP_PATH": str(home / "drop" / "supplier_catalogs"),
        "INVOICE_DROP_PATH": str(home / "drop" / "invoices"),
        "EXCHANGE_RATE_PATH": str(home / "drop" / "exchange_rates"),
        "DAGSTER_HOME": str(home / "dagster"),
    }


UNSET = ("SMTP_URL", "S3_BUCKET", "S3_ENDPOINT_URL", "EVENTS_QUEUE_URL")


@pytest.fixture
def settings(
    database: Database, redis_url: str, key_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """The API's settings for `database`; the environment says the same for child processes."""
    from api.config import get_settings

    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment_for(database, redis_url, tmp_path, key_folder).items():
        monkeypatch.setenv(name, value)
    for folder in ("objects", "mail", "drop/pos", "dagster"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()
