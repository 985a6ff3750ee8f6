"""The OpenAPI document and its reader, both from our own origin: no network is needed to read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel
from swagger_ui_bundle import swagger_ui_path

from api.core.errors import NotFound
from api.core.headers import new_nonce

ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><title>Stockpot API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css"><link rel="icon" href="/api/docs/favicon-32x32.png">
</head>
<body>
<div id="reader"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script nonce="{nonce}">
SwaggerUIBundle({{ url: "/api/openapi.json", dom_id: "#reader", deepLinking: true, validatorUrl: null }});
</script>
</body>
</html>
"""
# Swagger UI sets style attributes from its script, which nonces cannot allow.
READER_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)
NO_SCOPE = object()
LOCAL_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"

router = APIRouter(prefix="/api/docs", include_in_schema=False)


class FieldProblemBody(BaseModel):
    """One wrong field."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """Every failure (RFC 9457); `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblemBody] = []
    request_id: str | None = None


@router.get("", response_class=HTMLResponse)
async def reader() -> HTMLResponse:
    """A page to read and try the interface with."""
    nonce = new_nonce()
    return HTMLResponse(
        PAGE.format(nonce=nonce), headers={"Content-Security-Policy": READER_POLICY.format(nonce=nonce)}
    )


@router.get("/{asset}", response_class=FileResponse)
async def asset(asset: str) -> FileResponse:
    """A file of the reader."""
    if asset not in ASSETS:
        raise NotFound
    return FileResponse(Path(swagger_ui_path) / asset, media_type=ASSETS[asset])


def declared_scope(route: RouteContext) -> Any:
    """The scope a route declares through `Requires`, None for anybody signed in, `NO_SCOPE` where it declares none."""
    dependant = getattr(route, "dependant", None)
    for dependency in getattr(dependant, "dependencies", ()):
        if hasattr(dependency.call, "scope"):
            return dependency.call.scope
    return NO_SCOPE


def install(app: FastAPI, session_cookie: str) -> None:
    """Make the document say what each route needs, how every failure looks, and which cookie a browser sends."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, session_cookie)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own documented way to extend it


def _document(app: FastAPI, session_cookie: str) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": session_cookie},
    }
    _correct_times(document)
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _describe(operation, declared_scope(route))
    return document


def _correct_times(part: Any) -> None:
    """A time of day here has no zone: it is the restaurant's own clock, which `format: time` would not allow."""
    if isinstance(part, dict):
        if part.get("format") == "time":
            del part["format"]
            part["pattern"] = LOCAL_TIME
        for child in part.values():
            _correct_times(child)
    elif isinstance(part, list):
        for child in part:
            _correct_times(child)


def _describe(operation: dict[str, Any], scope: Any) -> None:
    answer = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"description": "Refused, and why.", "content": answer}
    if scope is NO_SCOPE:
        return
    operation["security"] = [{"bearer": []}, {"cookie": []}]
    if scope is not None:
        operation["x-required-scope"] = scope
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the scope `{scope}`.".strip()
