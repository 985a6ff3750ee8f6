"""How labels printed in a house are read."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Identified, Stamped, Versioned


class LabelTemplate(Identified, Versioned, Stamped, Base):
    """A pattern of EAN-13 labels that carry a weight, price or quantity; without a location it holds everywhere."""

    __tablename__ = "label_templates"
    __table_args__ = (
        CheckConstraint("measures in ('weight', 'price', 'quantity')", name="measures"),
        CheckConstraint("(unit is null) = (measures = 'price')", name="unit"),
        CheckConstraint("decimals between 0 and 6", name="decimals"),
        Index(
            "uq_label_templates_pattern",
            "pattern",
            "location_id",
            unique=True,
            postgresql_where=text("is_active"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    name: Mapped[str]
    pattern: Mapped[str]
    measures: Mapped[str]
    unit: Mapped[str | None]
    decimals: Mapped[int]
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
