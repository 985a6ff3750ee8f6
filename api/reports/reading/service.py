"""The claim is made by the warehouse itself, for the role that reads everything and may hand out less."""

from __future__ import annotations

import psycopg

from api.core.access import Principal
from api.reports import marts
from api.reports.errors import MartNotPublished
from api.reports.reading.schemas import ClaimBody

SECONDS = 60  # for one drawing of a page; whoever reads asks again, and a right that was taken away ends with it


def claim(principal: Principal) -> ClaimBody:
    """What this person may read now, as the warehouse will believe it for a minute.

    Raises:
        WarehouseAway: it does not answer.
        MartNotPublished: nothing is there to be read yet.
    """
    held = principal.locations("reports.read")
    locations = None if held is None else sorted(held)
    with marts.warehouse() as connection:
        try:
            row = connection.execute(
                "select row_scope.issue(%s, %s::uuid[], %s)", (principal.id, locations, SECONDS)
            ).fetchone()
        except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName) as error:
            raise MartNotPublished("The pipeline has not published any mart yet.") from error
    assert row is not None
    return ClaimBody(claim=row[0], expires_in=SECONDS, locations=locations)
