"""Which business days' sales have to be taken from stock (again), and what the operational service said to each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from psycopg.types.json import Jsonb

from ingestion.warehouse import connect
from orchestration.lib.errors import ApiRefused

CREATE = """
create schema if not exists quality;
create table if not exists quality.depletion_days (
    location_id text not null,
    business_day date not null,
    digest text not null,
    status text not null,
    revision integer,
    movement_count integer,
    unmapped jsonb not null,
    error text,
    posted_at timestamptz not null default now(),
    primary key (location_id, business_day)
)
"""

FINISHED_SALES = """
select cast(sales.location_id as text), sales.business_day, sales.item_code, sum(sales.quantity)
from intermediate.int_item_sales_daily as sales
join staging.stg_operational__locations as place on place.location_id = sales.location_id
where sales.business_day < cast(
    (current_timestamp at time zone place.time_zone) - cast(place.day_cutoff as interval) as date
)
group by 1, 2, 3 order by 1, 2, 3
"""

MENU = """
select md5(concat(
    (select string_agg(md5(recipe::text), '' order by id) from public.recipes as recipe),
    (select string_agg(md5(line::text), '' order by id) from public.recipe_lines as line),
    (select string_agg(md5(unit::text), '' order by product_id, unit) from public.product_units as unit),
    (select string_agg(id::text || code, '' order by id) from public.menu_items)
))
"""

KEEP = """
insert into quality.depletion_days
    (location_id, business_day, digest, status, revision, movement_count, unmapped, error)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (location_id, business_day) do update set digest = excluded.digest, status = excluded.status,
    revision = excluded.revision, movement_count = excluded.movement_count, unmapped = excluded.unmapped,
    error = excluded.error, posted_at = now()
"""


class Depleter(Protocol):
    """What takes a day's sales from stock: the API, or a test's stand-in."""

    def post_depletion(self, location_id: str, business_day: str, sales: list[dict[str, str]]) -> dict[str, Any]:
        """Take a day's sales from stock."""


@dataclass(frozen=True)
class Day:
    """A location's sales of one finished business day: till code and units."""

    location_id: str
    business_day: date
    sales: tuple[tuple[str, Decimal], ...]

    def digest(self, menu: str) -> str:
        """Changes when the sales or the menu's recipes do: either may change what is used."""
        text = repr((menu, [(code, format(quantity.normalize(), "f")) for code, quantity in self.sales]))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What became of one day; `error` says why the service refused it."""

    day: Day
    status: str
    answer: dict[str, Any]
    error: str | None = None


def days_to_post(warehouse_url: str, chosen: tuple[date, date] | None = None) -> list[tuple[Day, str]]:
    """Finished days whose content differs from what was posted, oldest first, each with its digest.

    `chosen`: a first and a last day; then these, whether they differ or not, and no others.
    """
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        row = session.execute(MENU).fetchone()
        assert row is not None
        days = _days(session.execute(FINISHED_SALES).fetchall())
        posted = session.execute(
            "select location_id, business_day, digest from quality.depletion_days where status <> 'refused'"
        ).fetchall()
    known = {(location, day): digest for location, day, digest in posted}
    found = [(day, day.digest(str(row[0]))) for day in days]
    if chosen is not None:
        return [(day, digest) for day, digest in found if chosen[0] <= day.business_day <= chosen[1]]
    return [(day, digest) for day, digest in found if known.get((day.location_id, day.business_day)) != digest]


def post_days(
    api: Depleter, days: Iterable[tuple[Day, str]], warehouse_url: str, report: Callable[[str], None]
) -> list[Outcome]:
    """Post day after day and remember each at once, so that a killed run goes on where it stopped.

    A day that the service refuses (a location that bars negative stock, say) does not stop the others. ApiUnreachable
    does, and so does a refusal of the token.
    """
    outcomes: list[Outcome] = []
    with connect(warehouse_url, autocommit=True) as session:
        for number, (day, digest) in enumerate(days, start=1):
            outcome = _post(api, day)
            session.execute(KEEP, _row(outcome, digest))
            outcomes.append(outcome)
            if number % 50 == 0:
                report(f"{number} days posted, up to {day.business_day}")
    return outcomes


def _post(api: Depleter, day: Day) -> Outcome:
    sales = [{"menu_item_code": code, "quantity": format(quantity.normalize(), "f")} for code, quantity in day.sales]
    try:
        answer = api.post_depletion(day.location_id, day.business_day.isoformat(), sales)
    except ApiRefused as refusal:
        if refusal.status in {401, 403} or refusal.status >= 500:
            raise
        return Outcome(day, "refused", {}, str(refusal))
    return Outcome(day, str(answer["status"]), answer)


def _days(rows: Iterable[tuple[str, date, str, Decimal]]) -> list[Day]:
    sales: dict[tuple[str, date], list[tuple[str, Decimal]]] = {}
    for location, day, code, quantity in rows:
        sales.setdefault((location, day), []).append((code, quantity))
    found = [Day(location, day, tuple(lines)) for (location, day), lines in sales.items()]
    return sorted(found, key=lambda each: (each.business_day, each.location_id))


def _row(outcome: Outcome, digest: str) -> tuple[Any, ...]:
    day, answer = outcome.day, outcome.answer
    return (
        day.location_id,
        day.business_day,
        digest,
        outcome.status,
        answer.get("revision"),
        answer.get("movement_count"),
        Jsonb(answer.get("unmapped", [])),
        outcome.error,
    )
