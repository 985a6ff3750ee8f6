"""Why stock was corrected, thrown away or lost on the road: a list that the house maintains."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from api.core.models import Base, Stamped, Versioned


class ReasonCode(Versioned, Stamped, Base):
    """One reason; `category` is where actual versus theoretical counts it."""

    __tablename__ = "reason_codes"
    __table_args__ = (
        CheckConstraint("kind in ('adjustment', 'waste', 'transfer')", name="kind"),
        CheckConstraint("direction in ('in', 'out', 'either')", name="direction"),
        CheckConstraint("category in ('waste', 'other_use', 'booking_error', 'unexplained')", name="category"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    kind: Mapped[str]  # which document may give it: adjustment, waste, transfer
    direction: Mapped[str]  # what it does to stock: in, out, either
    category: Mapped[str]  # waste, other_use, booking_error, unexplained
    position: Mapped[int] = mapped_column(server_default=text("0"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
