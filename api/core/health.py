"""Alive, ready, and what Prometheus reads. Ready means the database; what can be done without only degrades."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Literal

import structlog
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text

from api.core.cache import CacheAway, get_cache
from api.core.database import get_engine

MIGRATIONS = Path(__file__).parents[1] / "migrations"

router = APIRouter(tags=["health"])
log = structlog.get_logger(__name__)

Probe = Callable[[], None]


class NotReady(Exception):  # a noun, like every other error here
    """A dependency answered, but not as it must."""


class Alive(BaseModel):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Each dependency: `ok` or `down`; without the ones that matter the service takes no requests."""

    status: Literal["ok", "degraded", "unavailable"]
    checks: dict[str, Literal["ok", "down"]]


@router.get("/healthz")
async def alive() -> Alive:
    """Whether the process answers at all; it asks nothing else."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness}})
def ready(request: Request) -> JSONResponse:
    """Whether requests can be served: database and schema must be there; Redis and the object store may be away."""
    probes: dict[str, Probe] = {"database": probe_database, "migrations": probe_migrations, "redis": probe_redis}
    checks = {name: _answer(name, probe) for name, probe in (probes | request.app.state.probes).items()}
    must = {"database", "migrations"}
    if any(checks[name] == "down" for name in must):
        body = Readiness(status="unavailable", checks=checks)
        return JSONResponse(body.model_dump(), 503, {"Retry-After": "1"})
    status: Literal["ok", "degraded"] = "degraded" if "down" in checks.values() else "ok"
    return JSONResponse(Readiness(status=status, checks=checks).model_dump())


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Counters and timings in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _answer(name: str, probe: Probe) -> Literal["ok", "down"]:
    try:
        probe()
    except Exception as error:  # noqa: BLE001  # whatever a dependency does, the report must be made
        log.warning("not_ready", check=name, cause=type(error).__name__)
        return "down"
    return "ok"


def probe_database() -> None:
    """Raises when the database does not answer."""
    with get_engine().connect() as connection:
        connection.execute(text("select 1"))


def probe_migrations() -> None:
    """Raises when the schema is not the one this code was written for."""
    with get_engine().connect() as connection:
        found = connection.execute(text("select version_num from alembic_version")).scalar()
    if found != schema_head():
        message = f"the schema is at {found}, the code at {schema_head()}"
        raise NotReady(message)


def probe_redis() -> None:
    """Raises when Redis does not answer."""
    if not get_cache().run(lambda redis: redis.ping()):
        raise CacheAway


@lru_cache(maxsize=1)
def schema_head() -> str | None:
    """The newest migration this code carries."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head()
