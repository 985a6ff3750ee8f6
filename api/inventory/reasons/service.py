"""Maintaining the list of reasons, and asking it whether a document may give one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog.service import refuse_nulls
from api.core.access import Principal
from api.core.preconditions import bump
from api.inventory.reasons import repository
from api.inventory.reasons.errors import ReasonCodeNotFound, ReasonCodeTaken, ReasonDirection, UnknownReason
from api.inventory.reasons.models import ReasonCode
from api.inventory.reasons.schemas import NewReason, ReasonChange

EDIT = "catalog.edit"


def list_reasons(session: Session, *, kind: str | None, is_active: bool | None) -> Sequence[ReasonCode]:
    """The reasons, in the order in which they are offered."""
    return repository.find_all(session, kind=kind, is_active=is_active)


def require(session: Session, code: str, *kinds: str, incoming: bool = False, field: str = "reason_code") -> ReasonCode:
    """The reason, if a document of one of these kinds may give it for stock that comes in (or goes out).

    Raises:
        UnknownReason: there is none, it is of another kind, or no longer in use.
        ReasonDirection: it goes the other way.
    """
    reason = repository.find(session, code)
    if reason is None or not reason.is_active or reason.kind not in kinds:
        raise UnknownReason(code, kinds[0], field)
    if reason.direction != "either" and (reason.direction == "in") != incoming:
        raise ReasonDirection(reason.label, reason.direction)
    return reason


def labels(session: Session, codes: Collection[str | None]) -> dict[str, str]:
    """What these reasons are called; an unknown code has no label."""
    wanted = set(codes)
    return {
        row.code: row.label for row in repository.find_all(session, kind=None, is_active=None) if row.code in wanted
    }


def create(session: Session, principal: Principal, asked: NewReason) -> ReasonCode:
    """Add a reason; the same again changes nothing.

    Raises:
        Forbidden: the list is every location's.
        ReasonCodeTaken: the code stands for something else.
    """
    principal.must_everywhere(EDIT)
    values = asked.model_dump()
    known = repository.find(session, asked.code)
    if known is None:
        known = ReasonCode(**values)
        try:
            with session.begin_nested():
                session.add(known)
        except IntegrityError as error:
            raise ReasonCodeTaken(f"Somebody has just added a reason {asked.code}.") from error
        session.refresh(known)
        _note(session, principal, known, "created")
    elif any(getattr(known, name) != value for name, value in values.items()):
        raise ReasonCodeTaken(f"There is a reason {asked.code} already; it is called {known.label!r}.")
    return known


def change(session: Session, principal: Principal, code: str, asked: ReasonChange, version: int) -> ReasonCode:
    """Rename a reason, move it, or take it out of use; what was posted with it keeps it.

    Raises:
        Forbidden, ReasonCodeNotFound, VersionConflict: see their names.
        Invalid: a field is null.
    """
    principal.must_everywhere(EDIT)
    reason = repository.find(session, code, lock=True)
    if reason is None:
        raise ReasonCodeNotFound(f"There is no reason {code}.")
    bump(reason, version)
    changes = asked.model_dump(exclude_unset=True)
    refuse_nulls(changes)
    for name, value in changes.items():
        setattr(reason, name, value)
    session.flush()
    _note(session, principal, reason, "edited")
    return reason


def _note(session: Session, principal: Principal, reason: ReasonCode, what: str) -> None:
    record(
        session,
        actor_id=principal.id,
        action=f"reason_code.{what}",
        subject_type="reason_code",
        details={"code": reason.code, "version": reason.version},
    )
