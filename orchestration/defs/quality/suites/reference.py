"""What sales are read by: restaurants and the menu."""

from __future__ import annotations

from orchestration.defs.quality.suites.queries import RAW
from orchestration.lib.expectations import as_usual, between, no_rows, present, shaped, store, told

UNKNOWN_CLOCKS = """
select code, time_zone from {batch} as own
where not exists (select from pg_timezone_names as clock where clock.name = own.time_zone)
"""

NAMED_TWICE = """
select name, count(*) as items, min(code) as code from {batch} as own where is_active group by 1 having count(*) > 1
"""

REFERENCE = (
    store(
        RAW,
        "locations",
        present(
            "code", "time_zone", "currency", "day_cutoff",
            reason="Without it the restaurant's day or money cannot be told. Complete the location in its settings.",
        ),
        shaped(
            "currency", "^[A-Z]{3}$", reason="Money needs an ISO code of three letters. Correct the location."
        ),
        no_rows(
            "every clock is known",
            UNKNOWN_CLOCKS,
            reason="The days of such a location cannot be told. Set an IANA time zone, for example Europe/London.",
        ),
        as_usual(),
        key=["id"],
    ),
    store(
        RAW,
        "menu_items",
        present("code", "name", reason="Sales find their item by the till's code. Complete the item on the menu."),
        told(between("price", 0, None, reason="An item sells for less than nothing. Correct its price on the menu.")),
        told(
            no_rows(
                "no name twice on the menu",
                NAMED_TWICE,
                reason="People may book the wrong one of two items of one name. Rename or retire one.",
            )
        ),
        as_usual(),
        key=["id"],
    ),
)  # fmt: skip
