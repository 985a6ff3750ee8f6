"""`/api/label-templates`: how labels that carry a weight, price or quantity are read."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api.catalog.label_templates import repository, service
from api.catalog.label_templates.models import LabelTemplate
from api.catalog.label_templates.schemas import LabelTemplateAnswer, LabelTemplateChange, NewLabelTemplate
from api.core.access import Principal, Requires
from api.core.creation import create_once
from api.core.database import DbSession
from api.core.pagination import Cursor, Limit, Page, cut, name_cursor
from api.core.preconditions import ExpectedVersion

router = APIRouter(prefix="/api/label-templates", tags=["catalog"])

Reader = Annotated[Principal, Requires("catalog.read")]
Editor = Annotated[Principal, Requires("catalog.edit")]


@router.get("")
def list_label_templates(
    session: DbSession, principal: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[LabelTemplateAnswer]:
    """Templates by name: those of the person's locations and those that hold everywhere."""
    visible = principal.locations("catalog.read")
    rows = repository.list_templates(session, visible=visible, after=name_cursor(cursor), limit=limit)
    page, following = cut(rows, limit, _key)
    return Page(items=[LabelTemplateAnswer.model_validate(row) for row in page], next_cursor=following)


def _key(template: LabelTemplate) -> tuple[str, UUID]:
    return template.name, template.id


@router.post("", status_code=201)
def create_label_template(session: DbSession, principal: Editor, body: NewLabelTemplate) -> LabelTemplateAnswer:
    """Give labels of a pattern a meaning, at a location or everywhere."""
    return create_once(
        session,
        actor_id=principal.id,
        route="POST /api/label-templates",
        row_id=body.id,
        body=body,
        answer=LabelTemplateAnswer,
        create=lambda: service.create_template(session, principal, body),
    )


@router.patch("/{template_id}")
def change_label_template(
    session: DbSession, principal: Editor, template_id: UUID, version: ExpectedVersion, body: LabelTemplateChange
) -> LabelTemplateAnswer:
    """Rename, end or set a template right; its pattern stays."""
    template = service.change_template(session, principal, template_id, version, body)
    return LabelTemplateAnswer.model_validate(template)
