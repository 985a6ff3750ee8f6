"""Photographs of waste: cleaned, kept in the object store, shown by a link that expires."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.locations import get_location
from api.core.access import Principal
from api.core.errors import IdempotencyConflict
from api.domain.ids import captured_at
from api.files.pictures import clean_picture
from api.files.store import ObjectStore
from api.inventory.waste import repository
from api.inventory.waste.errors import PhotoNotFound, WasteNotFound
from api.inventory.waste.models import WastePhoto
from api.inventory.waste.schemas import PhotoLink
from api.inventory.waste.service import SCAN, get_waste

LINK_SECONDS = 300


def keep(
    session: Session, store: ObjectStore, principal: Principal, photo_id: UUID, location_id: UUID, upload: bytes
) -> WastePhoto:
    """Keep a picture for an entry that will name it; the same upload again gives the same picture.

    Raises:
        LocationNotFound: none where the person may scan.
        TooLarge, UnreadablePicture: it is no picture of a fair size.
        IdempotencyConflict: the id stands for another picture.
        StoreAway: the object store does not answer.
    """
    get_location(session, principal, SCAN, location_id)
    digest = hashlib.sha256(upload).digest()
    known = repository.find_photo(session, photo_id)
    if known is None:
        picture = clean_picture(upload)
        key = f"waste/{location_id}/{captured_at(photo_id):%Y/%m}/{photo_id}-{digest.hex()[:12]}.jpg"
        store.put(key, io.BytesIO(picture.jpeg), media_type="image/jpeg")
        values = {
            "id": photo_id,
            "location_id": location_id,
            "object_key": key,
            "byte_count": len(picture.jpeg),
            "width": picture.width,
            "height": picture.height,
            "original_sha256": digest,
            "uploaded_by": principal.id,
        }
        if repository.claim_photo(session, values):
            _note(session, principal, photo_id, location_id)
        known = repository.find_photo(session, photo_id)
    said = None if known is None else (known.original_sha256, known.location_id, known.uploaded_by)
    if known is None or said != (digest, location_id, principal.id):
        raise IdempotencyConflict("This id stands for another picture.")
    return known


def link(session: Session, store: ObjectStore, principal: Principal, waste_id: UUID) -> PhotoLink:
    """A link to an entry's picture, for whoever may see its place.

    Raises:
        WasteNotFound, PhotoNotFound: see their names.
    """
    entry = get_waste(session, principal, waste_id)
    if entry.photo_id is None:
        raise PhotoNotFound
    photo = repository.find_photo(session, entry.photo_id)
    if photo is None:
        raise WasteNotFound
    expires_at = datetime.now(UTC) + timedelta(seconds=LINK_SECONDS)
    return PhotoLink(url=store.link(photo.object_key, seconds=LINK_SECONDS), expires_at=expires_at)


def _note(session: Session, principal: Principal, photo_id: UUID, location_id: UUID) -> None:
    record(
        session,
        actor_id=principal.id,
        action="waste_photo.kept",
        subject_type="waste_photo",
        subject_id=photo_id,
        location_id=location_id,
    )
