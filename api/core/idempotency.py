"""`Idempotency-Key` for writes whose body carries no id of its own.

The key is claimed by an insert in the write's own transaction, so a second sender waits for the first to commit and
then reads its answer; a first that failed leaves nothing behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.core.digests import digest_of
from api.core.errors import IdempotencyConflict
from api.core.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request's key, where it has one, and the digest of what it asks."""

    key: str | None
    route: str
    digest: bytes


async def idempotent_request(
    request: Request,
    idempotency_key: Annotated[str | None, Header(pattern=r"^[\x21-\x7e]{1,200}$")] = None,
) -> IdempotentRequest:
    """Read the key and digest the body; equal JSON in another spelling is the same body."""
    route = f"{request.method} {request.url.path}"
    return IdempotentRequest(idempotency_key, route, digest_of(route, _canonical(await request.body())))


Idempotent = Annotated[IdempotentRequest, Depends(idempotent_request)]


def answer_once(
    session: Session,
    asked: IdempotentRequest,
    *,
    principal_id: UUID,
    produce: Callable[[], BaseModel],
    status: int = 201,
) -> JSONResponse:
    """Do the work once per key and person, and give the first answer again ever after.

    Raises:
        IdempotencyConflict: this person used the key before for another request.
    """
    if asked.key is None:
        return JSONResponse(produce().model_dump(mode="json"), status)
    claimed = session.execute(
        insert(IdempotencyKey)
        .values(
            user_id=principal_id,
            key=asked.key,
            route=asked.route,
            request_digest=asked.digest,
            response_status=0,
            response_body={},
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).scalar()
    if claimed is None:
        return _first_answer(session, asked, principal_id)
    body: dict[str, Any] = produce().model_dump(mode="json")
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == principal_id, IdempotencyKey.key == asked.key)
        .values(response_status=status, response_body=body)
    )
    return JSONResponse(body, status)


def _first_answer(session: Session, asked: IdempotentRequest, principal_id: UUID) -> JSONResponse:
    first = session.execute(
        select(IdempotencyKey).where(IdempotencyKey.user_id == principal_id, IdempotencyKey.key == asked.key)
    ).scalar_one()
    if first.request_digest != asked.digest:
        message = "This Idempotency-Key was used before for another request."
        raise IdempotencyConflict(message)
    return JSONResponse(first.response_body, first.response_status)


def _canonical(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return body
