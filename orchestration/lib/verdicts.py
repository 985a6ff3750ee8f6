"""What the gates say of the figures that an export would show.

The published load passed its own blocking checks, or it would not be published. A later run that a blocking check
stopped means that what is published is older than it should be: then an export is held or stamped, and says which
store, which check and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg

KEPT = "raw_quality.results"

RESULTS = """
with stopped as (
    select run_id from raw_quality.results
    where not success and severity = 'block' and run_id <> %(load)s and evaluated_at > %(published)s
    order by evaluated_at desc, run_id limit 1
)
select to_jsonb(kept) from raw_quality.results as kept
where not success and (run_id = %(load)s or (severity = 'block' and run_id in (select run_id from stopped)))
order by severity, suite, table_name, expectation
"""
PASSED = "select count(*) from raw_quality.results where run_id = %s and success"
PLACES = "select location_id::text, name from marts.dim_location"
MOST_NAMED = 5


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not hold: of which run, on which store, at which locations, and what was found."""

    run_id: str
    gate: str
    store: str
    check: str
    blocking: bool
    found: str
    reason: str
    locations: tuple[str, ...]
    location_ids: tuple[str, ...]

    def sentence(self) -> str:
        """`raw_pos.order_lines: between(quantity) found 3 at Riverside`."""
        found = f" found {self.found}" if self.found else " did not hold"
        names = ", ".join(self.locations[:MOST_NAMED])
        more = f" and {len(self.locations) - MOST_NAMED} more" if len(self.locations) > MOST_NAMED else ""
        where = f" at {names}{more}" if names else ""
        return f"{self.store}: {self.check}{found}{where}" + (f". {self.reason}" if self.reason else "")

    def described(self) -> dict[str, Any]:
        """For a manifest."""
        return {**asdict(self), "sentence": self.sentence()}

    def concerns(self, location_id: str | None) -> bool:
        """Whether it may touch figures of this location; one that names not all of them touches all."""
        return location_id is None or not self.location_ids or location_id in self.location_ids


@dataclass(frozen=True)
class Verdict:
    """The gates' word on the published load: how many checks passed, which only warned, which stopped a newer load."""

    load_id: str
    as_of: datetime
    passed: int
    warnings: tuple[FailedCheck, ...] = ()
    failed: tuple[FailedCheck, ...] = ()

    def reasons(self) -> tuple[str, ...]:
        """Why figures are not to be trusted as of today, one sentence each; none when every gate let them through."""
        if not self.failed:
            return ()
        moment = f"{self.as_of:%Y-%m-%d %H:%M} UTC"
        return (
            f"A newer load was stopped by a gate; these figures are those of {moment}.",
            *(each.sentence() for each in self.failed),
        )

    def about(self, location_id: str | None) -> Verdict:
        """The same, without what concerns other locations alone."""
        return Verdict(
            self.load_id,
            self.as_of,
            self.passed,
            tuple(each for each in self.warnings if each.concerns(location_id)),
            tuple(each for each in self.failed if each.concerns(location_id)),
        )

    def described(self) -> dict[str, Any]:
        """For a manifest and for the service."""
        return {
            "passed": self.passed,
            "warnings": [each.described() for each in self.warnings],
            "failed": [each.described() for each in self.failed],
            "reasons": list(self.reasons()),
        }


def read_verdict(session: psycopg.Connection[Any], load_id: str, published_at: datetime) -> Verdict:
    """The verdict on the load that is published, in the caller's view of the warehouse."""
    if not _exists(session, KEPT):
        return Verdict(load_id, published_at, 0)
    names = dict(session.execute(PLACES).fetchall()) if _exists(session, "marts.dim_location") else {}
    values = {"load": load_id, "published": published_at}
    checks = [_check(row, names) for (row,) in session.execute(RESULTS, values).fetchall()]
    passed = session.execute(PASSED, [load_id]).fetchone()
    return Verdict(
        load_id,
        published_at,
        passed[0] if passed else 0,
        tuple(each for each in checks if not each.blocking),
        tuple(each for each in checks if each.blocking),
    )


def _exists(session: psycopg.Connection[Any], table: str) -> bool:
    row = session.execute("select to_regclass(%s) is not null", [table]).fetchone()
    return bool(row and row[0])


def _check(row: Mapping[str, Any], names: Mapping[str, str]) -> FailedCheck:
    sample, found = row["sample"], row["unexpected_count"]
    found = row["observed_value"] if found is None else found
    ids = tuple(sorted({str(each["location_id"]) for each in sample if _has_location(each)}))
    all_shown = row["unexpected_count"] is not None and len(sample) >= row["unexpected_count"]
    return FailedCheck(
        run_id=str(row["run_id"]),
        gate=str(row["suite"]),
        store=str(row["table_name"]),
        check=str(row["expectation"]),
        blocking=row["severity"] == "block",
        found="" if found in {None, "0", "[]"} else str(found)[:300],
        reason=str(row["reason"]),
        locations=tuple(names.get(each, each) for each in ids),
        location_ids=ids if all_shown else (),  # what is not shown may be anywhere
    )


def _has_location(row: Any) -> bool:
    """Whether an offending row that the result shows says where it is."""
    return isinstance(row, dict) and bool(row.get("location_id"))
