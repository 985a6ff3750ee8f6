"""The queries on label templates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from api.catalog.label_templates.models import LabelTemplate


def list_templates(
    session: Session, *, visible: Collection[UUID] | None, after: tuple[str, UUID] | None, limit: int
) -> Sequence[LabelTemplate]:
    """Templates by name, one more than `limit`; those that hold everywhere are visible to everybody."""
    query = select(LabelTemplate).order_by(LabelTemplate.name, LabelTemplate.id).limit(limit + 1)
    if visible is not None:
        query = query.where(or_(LabelTemplate.location_id.is_(None), LabelTemplate.location_id.in_(visible)))
    if after is not None:
        query = query.where(tuple_(LabelTemplate.name, LabelTemplate.id) > after)
    return session.scalars(query).all()


def lock_template(session: Session, template_id: UUID) -> LabelTemplate | None:
    """One template, locked for an edit."""
    return session.get(LabelTemplate, template_id, with_for_update=True, populate_existing=True)


def find_active(session: Session, pattern: str, location_id: UUID | None) -> LabelTemplate | None:
    """The template that gives this pattern its meaning at exactly this location, or everywhere (None)."""
    place = LabelTemplate.location_id
    same_place = place.is_(None) if location_id is None else place == location_id
    return session.scalar(
        select(LabelTemplate).where(LabelTemplate.pattern == pattern, same_place, LabelTemplate.is_active)
    )


def active_templates(session: Session) -> Sequence[LabelTemplate]:
    """Every template in use."""
    return session.scalars(select(LabelTemplate).where(LabelTemplate.is_active)).all()
