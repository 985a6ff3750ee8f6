"""The environment of every process of one home: what is set explicitly wins over what is embedded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import CannotRunError
from infra.local.home import Home, port_number
from infra.local.postgres import PostgresServer
from infra.local.processes import LOOPBACK
from infra.local.redis import RedisServer

DATABASE_ROLES: Mapping[str, str] = {
    "DATABASE_URL": "stockpot_app",
    "DATABASE_OWNER_URL": "stockpot_owner",
    "WAREHOUSE_URL": "stockpot_pipeline",
    "ANALYST_URL": "analyst",
    "READER_URL": "stockpot_reader",
}
PUBLIC_PORTS: Mapping[str, int] = {"api": 8000, "dashboards": 8501, "dagster": 3000}

QUIET: Mapping[str, str] = {  # nothing of this stack reports home
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Environment:
    """Every variable of a home's processes, and the embedded servers that the explicit ones left necessary."""

    home: Home
    variables: Mapping[str, str]
    ports: Mapping[str, int]
    postgres: PostgresServer | None
    redis: RedisServer | None

    def for_child(self) -> dict[str, str]:
        """The whole environment of a child process, marked as belonging to this home."""
        return {**os.environ, **QUIET, **self.variables, "STOCKPOT_STACK": str(self.home.path)}


def build_environment(home: Home, explicit: Mapping[str, str] = os.environ) -> Environment:
    """Complete the explicit variables for `home`, whose folders and secrets must exist (`home.prepare()`)."""
    kept, passwords = home.ports(explicit), home.secrets()
    ports = {
        **kept,
        **{
            name: port_number(f"STOCKPOT_{name.upper()}_PORT", explicit.get(f"STOCKPOT_{name.upper()}_PORT")) or default
            for name, default in PUBLIC_PORTS.items()
        },
    }
    postgres = _embedded_postgres(home, ports["postgres"], passwords, explicit)
    redis = None if explicit.get("REDIS_URL") else RedisServer(home.folder("redis"), ports["redis"], passwords["redis"])
    defaults = {
        **_services(ports),
        **_folders(home),
        **_keys(home.folder("keys")),
        "STOCKPOT_ENVIRONMENT": "demo",
        "CSRF_SECRET": passwords["csrf"],
        "LINK_SECRET": passwords["link"],
        **{name: postgres.url(role) if postgres else "" for name, role in DATABASE_ROLES.items()},
        "REDIS_URL": redis.url() if redis else "",
    }
    variables = {name: explicit.get(name) or value for name, value in defaults.items()}
    variables["STOCKPOT_HOME"] = str(home.path)
    variables["DAGSTER_DATABASE_URL"] = explicit.get("DAGSTER_DATABASE_URL") or _with_schema(
        variables["WAREHOUSE_URL"], "dagster"
    )
    is_plain_http = variables["STOCKPOT_PUBLIC_URL"].startswith("http://")
    variables["COOKIE_SECURE"] = explicit.get("COOKIE_SECURE") or ("false" if is_plain_http else "true")
    return Environment(home, variables, ports, postgres, redis)


def _embedded_postgres(
    home: Home, port: int, passwords: Mapping[str, str], explicit: Mapping[str, str]
) -> PostgresServer | None:
    """The embedded server, or None where DATABASE_URL names another one (then every role's URL must be named)."""
    if not explicit.get("DATABASE_URL"):
        return PostgresServer(home.folder("pg"), port, passwords)
    if missing := [name for name in DATABASE_ROLES if not explicit.get(name)]:
        raise CannotRunError(f"DATABASE_URL is set, so these must be set as well: {', '.join(missing)}")
    return None


def _with_schema(url: str, schema: str) -> str:
    """The address with a schema of its own as the search path, for Dagster's driver: tables beside the warehouse's."""
    named = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    return f"{named}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"


def _services(ports: Mapping[str, int]) -> dict[str, str]:
    urls = {name: f"http://{LOOPBACK}:{ports[name]}" for name in PUBLIC_PORTS}
    return {
        **{f"STOCKPOT_{name.upper()}_PORT": str(ports[name]) for name in ports},
        "STOCKPOT_PUBLIC_URL": urls["api"],
        "STOCKPOT_API_URL": urls["api"],
        "STOCKPOT_DASHBOARDS_URL": urls["dashboards"],
        "STOCKPOT_DAGSTER_URL": urls["dagster"],
    }


def _folders(home: Home) -> dict[str, str]:
    return {
        "OBJECT_STORE_PATH": str(home.folder("objects")),
        "MAIL_PATH": str(home.folder("mail")),
        "POS_DROP_PATH": str(home.folder("drop/pos")),
        "SUPPLIER_CATALOG_DROP_PATH": str(home.folder("drop/supplier_catalogs")),
        "INVOICE_DROP_PATH": str(home.folder("drop/invoices")),
        "EXCHANGE_RATE_PATH": str(home.folder("drop/exchange_rates")),
        "DAGSTER_HOME": str(home.folder("dagster")),
        "DLT_DATA_DIR": str(home.folder("dlt")),
    }


def _keys(folder: Path) -> dict[str, str]:
    return {
        "JWT_PRIVATE_KEY_FILE": str(folder / "jwt-private.pem"),
        "SERVICE_PRIVATE_KEY_FILE": str(folder / "service-private.pem"),
        "SERVICE_PUBLIC_KEY_FILE": str(folder / "service-public.pem"),
    }
