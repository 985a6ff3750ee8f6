"""Creating a row whose id the client made: the id is the key that makes the request repeatable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.core.errors import Conflict, IdempotencyConflict
from api.core.models import IdempotencyKey

A = TypeVar("A", bound=BaseModel)


def create_once(
    session: Session,
    *,
    actor_id: UUID,
    route: str,
    row_id: UUID | None,
    body: BaseModel,
    answer: type[A],
    create: Callable[[], Any],
) -> A:
    """Run `create` unless this person's request with this id was answered before; then give that answer again.

    `create` returns a row that `answer` can be made from. Requests with the same id wait for each other.

    Raises:
        IdempotencyConflict: the id was used with another body, by somebody else, or for another route.
        Conflict: somebody created a row of the same unique name at the same moment (`already_exists`).
    """
    if row_id is None:
        return answer.model_validate(_try(session, create))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(row_id), 0))))
    digest = _digest(body)
    known = session.scalar(select(IdempotencyKey).where(IdempotencyKey.key == str(row_id)))
    if known is not None:
        if (known.user_id, known.route, known.request_digest) != (actor_id, route, digest):
            raise IdempotencyConflict("This id was used before, with other content.", id=str(row_id))
        return answer.model_validate(known.response_body)
    made = answer.model_validate(_try(session, create))
    session.add(
        IdempotencyKey(
            user_id=actor_id,
            key=str(row_id),
            route=route,
            request_digest=digest,
            response_status=201,
            response_body=made.model_dump(mode="json"),
        )
    )
    session.flush()
    return made


def _digest(body: BaseModel) -> bytes:
    return hashlib.sha256(json.dumps(body.model_dump(mode="json"), sort_keys=True).encode()).digest()


def _try(session: Session, create: Callable[[], Any]) -> Any:
    """What `create` makes; a unique name that somebody else took in the same moment is a conflict, not a fault."""
    try:
        with session.begin_nested():
            return create()
    except IntegrityError as error:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
        if constraint.startswith("pk_"):
            raise IdempotencyConflict("This id was used before, with other content.") from error
        if constraint.startswith("uq_"):
            raise Conflict("There is such a row already.", code="already_exists", constraint=constraint) from error
        raise
