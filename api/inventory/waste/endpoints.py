"""`/api/waste`: what was thrown away, why, and how it looked."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, UploadFile

from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, name_cursor
from api.core.types import Id7, UtcDateTime
from api.files.pictures import MAX_BYTES
from api.files.store import get_store
from api.inventory.waste import photos, service
from api.inventory.waste.schemas import PhotoAnswer, PhotoLink, WasteAnswer, WasteIn
from api.ledger.waste import WasteFilter, list_waste

router = APIRouter(prefix="/api/waste", tags=["inventory"])

Reader = Annotated[Principal, Requires(service.READ)]
Scanner = Annotated[Principal, Requires(service.SCAN)]
Reason = Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")]


@router.get("")
def list_entries(
    session: DbSession,
    principal: Reader,
    location_id: UUID | None = None,
    product_id: UUID | None = None,
    reason_code: Reason = None,
    day: Annotated[date | None, Query(description="The restaurant's own day, from cut-off to cut-off.")] = None,
    since: UtcDateTime | None = None,
    until: UtcDateTime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[WasteAnswer]:
    """Waste with its value, latest captured first, however it was told; what was taken back says so."""
    if location_id is not None:
        principal.must(service.READ, location_id)
    wanted = WasteFilter(
        locations=principal.locations(service.READ),
        location_id=location_id,
        product_id=product_id,
        reason_code=reason_code,
        day=day,
        since=since,
        until=until,
    )
    after = name_cursor(cursor)
    rows = list_waste(session, wanted, limit=limit, after=None if after is None else after[1])
    page, following = cut(rows, limit, lambda row: ("waste", row["id"]))
    return Page(items=service.present(session, page), next_cursor=following)


@router.post("", status_code=201)
def throw_away(session: DbSession, principal: Scanner, body: WasteIn) -> WasteAnswer:
    """Book waste; the client's id makes a second send harmless. It is undone by reversing its movement."""
    return service.throw_away(session, principal, body)


@router.get("/{waste_id}")
def get_entry(session: DbSession, principal: Reader, waste_id: UUID) -> WasteAnswer:
    """One entry."""
    return service.get_waste(session, principal, waste_id)


@router.post("/photos", status_code=201)
def keep_photo(
    session: DbSession,
    principal: Scanner,
    id: Annotated[Id7, Form()],  # noqa: A002  # the field's name in every body
    location_id: Annotated[UUID, Form()],
    image: UploadFile,
) -> PhotoAnswer:
    """Upload a JPEG, PNG or WebP of up to 8 MB (multipart) for an entry to name; only its pixels are kept."""
    upload = image.file.read(MAX_BYTES + 1)
    return PhotoAnswer.model_validate(photos.keep(session, get_store(), principal, id, location_id, upload))


@router.get("/{waste_id}/photo")
def link_photo(session: DbSession, principal: Reader, waste_id: UUID) -> PhotoLink:
    """A link to the entry's picture that expires in five minutes."""
    return photos.link(session, get_store(), principal, waste_id)
