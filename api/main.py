"""The operational service's application factory."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.telemetry import TelemetryConfig
from starlette.routing import Mount

import api.schema  # noqa: F401  # string references between rooms resolve only when every model is known
from api.alerts import endpoints as alerts
from api.alerts.pipeline import endpoints as pipeline
from api.audit import endpoints as audit
from api.catalog import endpoints as catalog
from api.catalog.label_templates import endpoints as label_templates
from api.catalog.printing import endpoints as printing
from api.config import get_settings
from api.core import documentation, health, problems
from api.core.database import make_async_pool, make_reading_pool
from api.core.express import Express
from api.core.logs import configure_logs
from api.core.middleware import BodyGuard, Envelope
from api.files import endpoints as files
from api.files.store import get_store
from api.identity import endpoints as identity
from api.identity import flag_endpoints as flags
from api.identity import user_endpoints as people
from api.identity.authentication import SessionAuthenticator
from api.identity.cookies import cookie_names
from api.imports import endpoints as imports
from api.inventory.adjustments import endpoints as adjustments
from api.inventory.counts import endpoints as counts
from api.inventory.lots import endpoints as lots
from api.inventory.periods import endpoints as periods
from api.inventory.reasons import endpoints as reasons
from api.inventory.stock import endpoints as stock
from api.inventory.transfers import endpoints as transfers
from api.inventory.waste import endpoints as waste
from api.menu import endpoints as menu
from api.menu.costing import endpoints as costing
from api.menu.production import endpoints as production
from api.notifications import endpoints as notifications
from api.purchasing import endpoints as purchasing
from api.reports import endpoints as reports
from api.reports.explanations import endpoints as explanations
from api.reports.reading import endpoints as reading
from api.scans import endpoints as scans
from api.suppliers import endpoints as suppliers
from api.web import endpoints as web
from api.web.assets import VersionedFiles

# Every room's routers, one line each.
ROUTERS: tuple[APIRouter, ...] = (
    scans.router,
    health.router,
    documentation.router,
    identity.router,
    identity.keys_router,
    people.router,
    people.roles_router,
    flags.router,
    audit.router,
    files.router,
    catalog.router,
    label_templates.router,
    printing.router,
    suppliers.router,
    stock.router,
    reasons.router,
    adjustments.router,
    lots.router,
    periods.router,
    imports.router,
    counts.router,
    transfers.router,
    waste.router,
    menu.router,
    costing.router,
    production.router,
    purchasing.router,
    purchasing.suggestions_router,
    alerts.router,
    alerts.rules_router,
    pipeline.router,
    notifications.router,
    reports.router,
    reports.runs_router,
    reading.router,
    explanations.router,
    web.router,
)

# Whoever is not signed in may call these and nothing else (path templates, and prefixes of mounted files).
PUBLIC_ROUTES = frozenset(
    {
        "/healthz",
        "/readyz",
        "/metrics",
        "/.well-known/jwks.json",
        "/api/openapi.json",
        "/api/docs",
        "/api/docs/{asset}",
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/auth/logout",
        "/api/files/{key:path}",
        "/",
        "/login",
        "/stock",
        "/stock/{item_id}",
        "/counts",
        "/counts/{count_id}",
        "/transfers",
        "/transfers/{transfer_id}",
        "/waste",
        "/orders",
        "/orders/{order_id}",
        "/menu",
        "/alerts",
    }
)
PUBLIC_MOUNTS = frozenset({"/static"})

# Our own metrics and log lines tell of every request; asking for exporters that nobody configured costs each of them.
TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}

# Routes that read something other than JSON.
OTHER_BODIES = frozenset(
    {"/api/scans/decode", "/api/waste/photos", "/api/imports/products", "/api/imports/supplier-products"}
)


class UndeclaredRoute(RuntimeError):  # a noun, like every other error here
    """A route says neither which scope it needs nor that it is public; the service does not start."""


def create_app() -> Express:
    """Build the application from the environment's settings.

    Raises:
        UndeclaredRoute: a route declares no scope and is not public.
    """
    settings = get_settings()
    if settings.stockpot_environment != "test":
        configure_logs(settings.log_level)
    app = Express(
        title="Stockpot",
        version="1",
        description="Restaurant inventory over an append-only stock ledger.",
        openapi_url="/api/openapi.json",
        telemetry=TELEMETRY,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.authenticate = SessionAuthenticator.from_settings(settings)
    app.state.probes = {"object_store": lambda: get_store().probe()}
    problems.install(app)
    session_cookie = cookie_names(settings.stockpot_public_url).access
    documentation.install(app, session_cookie)
    app.router.routes.extend(scans.batch_router.routes)
    lanes = {("POST", "/api/scans"): scans.scan_lane(), ("GET", "/api/inventory"): stock.list_lane()}
    app.lanes = {
        key: lane.within(
            max_bytes=settings.max_body_bytes, session_cookie=session_cookie, is_secure=settings.cookie_secure
        )
        for key, lane in lanes.items()
    }
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", VersionedFiles(), name="static")
    app.add_middleware(
        BodyGuard, max_bytes=settings.max_body_bytes, session_cookie=session_cookie, other_bodies=OTHER_BODIES
    )
    app.add_middleware(Envelope, is_secure=settings.cookie_secure)
    refuse_undeclared_routes(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pools without waiting for the database: the service starts first and answers 503 until then."""
    app.state.posting_pool, app.state.reading_pool = make_async_pool(), make_reading_pool()
    await app.state.posting_pool.open(wait=False)
    await app.state.reading_pool.open(wait=False)
    if get_settings().stockpot_environment != "test":
        _spare_the_collector()
    try:
        yield
    finally:
        await app.state.posting_pool.close()
        await app.state.reading_pool.close()


def _spare_the_collector() -> None:
    """What was loaded stays for the process's life: the collector need not walk through it at every batch of scans."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def refuse_undeclared_routes(app: FastAPI) -> None:
    """Refuse to start with a route that anybody could call by oversight."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            is_declared = route.path in PUBLIC_MOUNTS
        else:
            is_declared = (
                documentation.declared_scope(route) is not documentation.NO_SCOPE or route.path in PUBLIC_ROUTES
            )
        if not is_declared:
            message = f"{route.methods or ''} {route.path} declares no scope: add Requires(…) or list it as public"
            raise UndeclaredRoute(message)
