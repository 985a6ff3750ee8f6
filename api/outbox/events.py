"""An event as consumers see it, whichever bus carried it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that was committed: `type` is `noun.verb.v1`, `payload` is JSON with ids and amounts as strings."""

    id: UUID
    type: str
    subject_id: UUID | None
    payload: dict[str, Any]
