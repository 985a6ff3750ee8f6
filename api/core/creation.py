"""Creating a row whose id the client made: the id is the key that makes the request repeatable."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.core.digests import digest_of
from api.core.errors import IdempotencyConflict
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
    """
    if row_id is None:
        return answer.model_validate(_try(session, create))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(row_id), 0))))
    digest = digest_of(route, json.dumps(body.model_dump(mode="json"), sort_keys=True))
    known = session.scalar(select(IdempotencyKey).where(IdempotencyKey.key == str(row_id)))
    if known is not None:
        if (known.user_id, known.request_digest) != (actor_id, digest):
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


def _try(session: Session, create: Callable[[], Any]) -> Any:
    """What `create` makes; an id that a row has already, without this request having made it, is a conflict."""
    try:
        with session.begin_nested():
            return create()
    except IntegrityError as error:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
        if constraint.startswith("pk_"):
            raise IdempotencyConflict("This id was used before, with other content.") from error
        raise
