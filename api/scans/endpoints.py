"""`/api/scans`: the batch, the pictures, the unknown codes."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.express import Lane, read_body, send_json
from api.core.pagination import Cursor, Limit, Page, cut, name_cursor, read_cursor
from api.domain.movements import MAX_BATCH
from api.scans import answers, history, linking, repository
from api.scans.coalescer import Coalescer
from api.scans.decode import MAX_BYTES, decode_image
from api.scans.planning import Capture
from api.scans.receiving import book_deliveries, is_delivery
from api.scans.schemas import (
    DecodedCodes,
    Linked,
    NewLink,
    PlainBatch,
    PlainScan,
    Scan,
    ScanBatch,
    ScannedCode,
    ScanRecord,
    ScanResults,
    Status,
    UnknownCode,
    UnreadableScan,
)
from api.scans.service import ScanService

LANES = 3
MANY = 200
PATIENCE_SECONDS = 0.1
SCANNER = Requires("inventory.scan")


async def serve_scans(scope: Scope, receive: Receive, send: Send) -> None:
    """`post_scans` from bytes to bytes, without what the framework does for routes in general."""
    request = Request(scope, receive, send)
    assert SCANNER.dependency is not None
    principal = await SCANNER.dependency(request)
    body = await read_body(receive)
    if body is not None:  # else its client has gone
        results = await _results(_coalescer(request), _read_batch(body), principal)
        await send_json(send, orjson.dumps({"results": results}))


router = APIRouter(prefix="/api/scans", tags=["inventory"])
batch_router = APIRouter(tags=["inventory"])


@batch_router.post("/api/scans", response_model=ScanResults)
async def post_scans(request: Request, batch: ScanBatch, principal: Annotated[Principal, SCANNER]) -> Response:
    """Post 1..500 scans; one result per scan in order. Sending a scan again, with its id, is always safe."""
    results = await _results(_coalescer(request), batch, principal)
    return Response(orjson.dumps({"results": results}), media_type="application/json")


def scan_lane() -> Lane:
    """The shorter way to the batch, for the application's `lanes`."""
    return Lane(serve_scans, batch_router.routes[0])


async def _results(
    coalescer: Coalescer[Capture, dict[str, Any]], batch: PlainBatch | ScanBatch, principal: Principal
) -> list[dict[str, Any]]:
    """One answer per scan sent, in order."""
    sent: list[PlainScan | Scan | UnreadableScan] = [*batch.scans]
    captures = [Capture.of(scan, principal) for scan in sent if not isinstance(scan, UnreadableScan)]
    found = await coalescer.submit(captures) if captures else []
    if any(map(is_delivery, found)):
        found = await run_in_threadpool(book_deliveries, captures, found)
    if len(found) == len(sent):
        return found
    read = iter(found)
    return [answers.unreadable(scan) if isinstance(scan, UnreadableScan) else next(read) for scan in sent]


@router.get("/unknown")
def list_unknown(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.scan")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UnknownCode]:
    """Codes that were scanned and stand for nothing yet, latest first."""
    locations = principal.locations("inventory.scan")
    rows = repository.unknown_codes(session, locations=locations, limit=limit, after=name_cursor(cursor))
    page, following = cut(rows, limit, lambda row: (row["last_seen_at"], row["last_scan_id"]))
    return Page(items=[UnknownCode.model_validate(dict(row)) for row in page], next_cursor=following)


@router.get("")
def list_scans(
    session: DbSession,
    principal: Annotated[Principal, Requires("inventory.read")],
    location_id: UUID | None = None,
    status: Status | None = None,
    code: Annotated[ScannedCode | None, Query(description="Exactly as it was scanned.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ScanRecord]:
    """Every scan, failed ones too, latest captured first."""
    after = None if cursor is None else read_cursor(cursor, UUID)[0]
    page, following = history.list_scans(
        session,
        locations=principal.locations("inventory.read"),
        location_id=location_id,
        status=status,
        code=code,
        after=after,
        limit=limit,
    )
    return Page(items=page, next_cursor=following)


@router.post("/unknown/{code:path}/link")
def link_unknown(
    principal: Annotated[Principal, Requires("catalog.edit")],
    code: Annotated[ScannedCode, Path(description="Exactly as it was scanned.")],
    body: NewLink,
) -> Linked:
    """Let an unknown code stand for a pack of a product, and post what was scanned under it; again is always safe."""
    return linking.link_unknown(principal, code, body)


@router.post("/decode", response_model=DecodedCodes)
def decode(image: UploadFile, principal: Annotated[Principal, Requires("inventory.scan")]) -> DecodedCodes:
    """The codes in a picture (multipart field `image`): for browsers without a decoder."""
    del principal
    return DecodedCodes.model_validate({"codes": decode_image(image.file.read(MAX_BYTES + 1))})


def _read_batch(body: bytes) -> PlainBatch | ScanBatch:
    """The scans of a body: as plainly as scanners write them, else with all that is allowed and every fault named."""
    try:
        return PlainBatch.model_validate_json(body)
    except ValidationError:
        return _read_carefully(body)


def _read_carefully(body: bytes) -> ScanBatch:
    try:
        return ScanBatch.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in problems]) from error


def _coalescer(request: Request) -> Coalescer[Capture, dict[str, Any]]:
    """This process's coalescer; it belongs to the posting pool, and both to the application."""
    state = request.app.state
    if getattr(state, "scan_coalescer", None) is None or state.scan_coalescer_pool is not state.posting_pool:
        state.scan_coalescer_pool = state.posting_pool
        state.scan_coalescer = Coalescer(
            ScanService(state.posting_pool).process,
            most=MAX_BATCH,
            many=MANY,
            lanes=LANES,
            patience=PATIENCE_SECONDS,
        )
    coalescer: Coalescer[Capture, dict[str, Any]] = state.scan_coalescer
    return coalescer
