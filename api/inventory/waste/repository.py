"""The rows of waste entries and their pictures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.inventory.waste.models import WastePhoto, WasteRecord


def claim(session: Session, values: dict[str, Any]) -> bool:
    """Insert the entry unless its id is taken; whoever sends the same id at the same moment waits and finds it."""
    statement = insert(WasteRecord).values(values).on_conflict_do_nothing(index_elements=[WasteRecord.id])
    return session.execute(statement.returning(WasteRecord.id)).scalar() is not None


def find(session: Session, waste_id: UUID) -> WasteRecord | None:
    """An entry's own row."""
    return session.scalars(select(WasteRecord).where(WasteRecord.id == waste_id)).one_or_none()


def photos_of(session: Session, waste_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The picture of each of these entries that has one."""
    query = select(WasteRecord.id, WasteRecord.photo_id).where(
        WasteRecord.id.in_(waste_ids), WasteRecord.photo_id.is_not(None)
    )
    return {row.id: row.photo_id for row in session.execute(query) if row.photo_id is not None}


def claim_photo(session: Session, values: dict[str, Any]) -> bool:
    """Insert the picture's row unless its id is taken."""
    statement = insert(WastePhoto).values(values).on_conflict_do_nothing(index_elements=[WastePhoto.id])
    return session.execute(statement.returning(WastePhoto.id)).scalar() is not None


def find_photo(session: Session, photo_id: UUID) -> WastePhoto | None:
    """A picture's row."""
    return session.scalars(select(WastePhoto).where(WastePhoto.id == photo_id)).one_or_none()


def is_photo_taken(session: Session, photo_id: UUID) -> bool:
    """Whether an entry names the picture already."""
    return session.scalar(select(WasteRecord.id).where(WasteRecord.photo_id == photo_id)) is not None
