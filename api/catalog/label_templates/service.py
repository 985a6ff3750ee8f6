"""Label templates: added, ended, and never edited in what they mean for codes that were linked by them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.errors import LocationNotFound
from api.catalog.label_templates import repository
from api.catalog.label_templates.errors import LabelTemplateNotFound, PatternTaken
from api.catalog.label_templates.models import LabelTemplate
from api.catalog.label_templates.schemas import LabelTemplateChange, NewLabelTemplate
from api.catalog.repository import get_location
from api.core.access import Principal
from api.core.errors import FieldProblem, Invalid
from api.core.preconditions import bump
from api.domain.label_patterns import LabelPattern
from api.domain.units import UNITS, Family

DEFAULT_UNITS = {"weight": "kg", "quantity": "each"}
EDIT = "catalog.edit"


def create_template(session: Session, principal: Principal, body: NewLabelTemplate) -> LabelTemplate:
    """Give labels of a pattern a meaning at a location, or everywhere.

    Raises:
        LocationNotFound, PatternTaken, Invalid: see their names.
        Forbidden: it holds everywhere, and the person does not.
    """
    _must_edit(session, principal, body.location_id)
    measures = LabelPattern.of(body.pattern).measures
    if repository.find_active(session, body.pattern, body.location_id):
        raise PatternTaken(f"Labels of the pattern {body.pattern} have a meaning there already: end it first.")
    template = LabelTemplate(
        **body.model_dump(exclude={"id", "unit"}), measures=measures, unit=_unit(measures, body.unit)
    )
    if body.id is not None:
        template.id = body.id
    session.add(template)
    session.flush()
    session.refresh(template)
    _audit(session, principal, "label_template.created", template, pattern=template.pattern)
    return template


def change_template(
    session: Session, principal: Principal, template_id: UUID, version: int, body: LabelTemplateChange
) -> LabelTemplate:
    """Rename, end or set right a template that nobody else edited since `version`.

    Raises:
        LabelTemplateNotFound, VersionConflict, PatternTaken, Invalid: see their names.
    """
    template = repository.lock_template(session, template_id)
    seen = principal.locations("catalog.read")
    if template is None or (template.location_id is not None and seen is not None and template.location_id not in seen):
        raise LabelTemplateNotFound("There is no such template, or none that you may see.")
    _must_edit(session, principal, template.location_id)
    bump(template, version)
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    if "unit" in changes:
        changes["unit"] = _unit(template.measures, body.unit)
    is_back = bool(changes.get("is_active")) and not template.is_active
    if is_back and repository.find_active(session, template.pattern, template.location_id):
        raise PatternTaken(f"Labels of the pattern {template.pattern} have another meaning there by now.")
    empty = [name for name, value in changes.items() if value is None and name != "unit"]
    if empty:
        problems = tuple(FieldProblem(name, "null", "May be left out, but not null.") for name in empty)
        raise Invalid("A field that every row has cannot be emptied.", errors=problems)
    for name, value in changes.items():
        setattr(template, name, value)
    session.flush()
    session.refresh(template)
    _audit(session, principal, "label_template.edited", template, fields=sorted(changes))
    return template


def _must_edit(session: Session, principal: Principal, location_id: UUID | None) -> None:
    if location_id is None:
        principal.must_everywhere(EDIT)
        return
    principal.must(EDIT, location_id)
    if get_location(session, location_id) is None:
        raise LocationNotFound("There is no such location, or none that you may see.")


def _unit(measures: str, unit: str | None) -> str | None:
    """The value's unit: a weight has one of weight, a price none.

    Raises:
        Invalid: it does not go with what the label measures.
    """
    if measures == "price":
        if unit is not None:
            problem = FieldProblem("unit", "not_for_prices", "A price is in the location's currency: leave it out.")
            raise Invalid("A price has no unit.", errors=(problem,))
        return None
    chosen = unit or DEFAULT_UNITS[measures]
    if measures == "weight" and (chosen not in UNITS or UNITS[chosen].family is not Family.WEIGHT):
        problem = FieldProblem("unit", "not_a_weight", "Say one of weight: mg, g, kg, oz or lb.")
        raise Invalid("A weight is in a unit of weight.", errors=(problem,))
    return chosen


def _audit(session: Session, principal: Principal, action: str, template: LabelTemplate, **details: object) -> None:
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="label_template",
        subject_id=template.id,
        location_id=template.location_id,
        details=details,
    )
