"""`/api/labels`: labels of the house as PDF sheets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from api.catalog.printing import service
from api.catalog.printing.schemas import LabelOrder, SheetAnswer
from api.catalog.printing.sheets import SHEETS
from api.core.access import Principal, Requires
from api.core.database import DbSession
from api.core.pagination import Page

router = APIRouter(prefix="/api/labels", tags=["catalog"])

Reader = Annotated[Principal, Requires("catalog.read")]


@router.get("")
def list_sheets(_: Reader) -> Page[SheetAnswer]:
    """The sheets and rolls that labels can be printed on."""
    return Page(items=[SheetAnswer.model_validate(sheet) for sheet in SHEETS.values()])


@router.post("", response_class=Response, responses={200: {"content": {"application/pdf": {}}}})
def print_labels(session: DbSession, principal: Reader, body: LabelOrder) -> Response:
    """The labels as a PDF; products without a code may be given one of the house (`make_codes`)."""
    pdf = service.print_labels(session, principal, body)
    return Response(
        pdf, media_type="application/pdf", headers={"Content-Disposition": 'attachment; filename="labels.pdf"'}
    )
