"""Old exports leave the object store as their reports say; the run stays and says since when its file is gone."""

from __future__ import annotations

from sqlalchemy import func
from sqlalchemy.orm import Session

from api.audit.record import record
from api.files.store import ObjectStore
from api.reports import repository

AT_ONCE = 100


def delete_expired(session: Session, store: ObjectStore) -> int:
    """Delete the files of expired runs, say so in each run and in the audit trail; how many runs that were.

    The files go first: should the transaction fail, the next round deletes what is gone already and records it.

    Raises:
        StoreAway: the store does not answer.
    """
    expired = repository.expired_runs(session, AT_ONCE)
    for run, report in expired:
        for key in (run.object_key, run.manifest_key):
            if key is not None:
                store.delete(key)
        run.deleted_at = func.clock_timestamp()
        record(
            session,
            actor_id=None,
            action="report.deleted",
            subject_type="report",
            subject_id=report.id,
            location_id=report.location_id,
            details={"run_id": str(run.id), "business_day": str(run.business_day), "object_key": run.object_key},
        )
    session.flush()
    return len(expired)
