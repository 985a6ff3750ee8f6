"""Restaurants and their storage areas."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.audit.record import record
from api.catalog import repository
from api.catalog.errors import AreaNameTaken, LocationCodeTaken, LocationNotFound, StockBelowZero
from api.catalog.models import Location, StorageArea
from api.catalog.schemas import LocationChange, NewArea, NewLocation
from api.catalog.service import refuse_nulls
from api.core.access import Principal
from api.core.errors import Forbidden
from api.core.preconditions import bump


def get_location(session: Session, principal: Principal, scope: str, location_id: UUID) -> Location:
    """A location that the person may see.

    Raises:
        NotFound: there is none, or none for this person.
    """
    principal.must(scope, location_id)
    location = repository.get_location(session, location_id)
    if location is None:
        raise LocationNotFound("There is no such location, or none that you may see.")
    return location


def create_location(session: Session, *, principal: Principal, body: NewLocation) -> Location:
    """Open a restaurant; only for those who may edit the catalog everywhere.

    Raises:
        Forbidden, LocationCodeTaken: see their names.
    """
    if principal.locations("catalog.edit") is not None:
        raise Forbidden("A new location needs the scope catalog.edit everywhere.", code="missing_scope")
    if repository.find_location_by_code(session, body.code):
        raise LocationCodeTaken(f"There is a location {body.code} already.")
    location = Location(**body.model_dump(exclude={"id"}))
    if body.id is not None:
        location.id = body.id
    session.add(location)
    session.flush()
    session.refresh(location)
    _audit(session, principal, "location.created", location)
    return location


def change_location(
    session: Session, *, principal: Principal, location_id: UUID, version: int, body: LocationChange
) -> Location:
    """Edit a location that nobody else edited since `version`.

    Raises:
        LocationNotFound, VersionConflict, Invalid, StockBelowZero: see their names.
    """
    principal.must("catalog.edit", location_id)
    location = repository.get_location(session, location_id, lock=True)
    if location is None:
        raise LocationNotFound("There is no such location, or none that you may see.")
    bump(location, version)
    changes = body.model_dump(exclude_unset=True)
    refuse_nulls(changes)
    for name, value in changes.items():
        setattr(location, name, value)
    _flush(session)
    _audit(session, principal, "location.edited", location, fields=sorted(changes))
    return location


def _flush(session: Session) -> None:
    """The ledger's items follow `allows_negative`; one that stands below zero refuses to be barred."""
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        if "not_below_zero" not in str(error.orig):
            raise
        raise StockBelowZero("Count or correct what stands below zero here first.") from error


def list_areas(session: Session, principal: Principal, location_id: UUID) -> Sequence[StorageArea]:
    """The areas of a location that the person may see, in shelf order."""
    get_location(session, principal, "catalog.read", location_id)
    return repository.list_areas(session, location_id)


def create_area(session: Session, *, principal: Principal, location_id: UUID, body: NewArea) -> StorageArea:
    """Add a storage area.

    Raises:
        LocationNotFound, AreaNameTaken: see their names.
    """
    location = get_location(session, principal, "catalog.edit", location_id)
    if repository.find_area_by_name(session, location_id, body.name):
        raise AreaNameTaken(f"{location.code} has an area {body.name} already.")
    area = StorageArea(location_id=location_id, **body.model_dump(exclude={"id"}))
    if body.id is not None:
        area.id = body.id
    session.add(area)
    session.flush()
    _audit(session, principal, "storage_area.created", location, area_id=str(area.id))
    return area


def in_transit_area(session: Session, location_id: UUID) -> UUID:
    """The area where goods on the road to a location stand, made when the first are sent."""
    found = repository.find_in_transit_area(session, location_id)
    return found if found is not None else repository.add_in_transit_area(session, location_id)


def _audit(session: Session, principal: Principal, action: str, location: Location, **details: object) -> None:
    record(
        session,
        actor_id=principal.id,
        action=action,
        subject_type="location",
        subject_id=location.id,
        location_id=location.id,
        details=details,
    )
