"""The ledger and what it points to: kinds, references, and that the movements make the balances."""

# ruff: noqa: S608 - the names in these queries are this module's own constants

from __future__ import annotations

from orchestration.defs.quality.suites.queries import RAW, refers
from orchestration.lib.expectations import as_usual, between, no_rows, one_of, present, store, told

KINDS = (
    "receipt", "return_to_supplier", "sale", "consumption", "production", "waste", "count_correction", "adjustment",
    "transfer", "opening", "cost_correction", "price_variance",
)  # fmt: skip
COUNT_STATUSES = ("counting", "submitted", "posted", "cancelled")
DAMAGED = "The service never writes such a row: the load is damaged. Load again."
UNKNOWN = "The marts do not know this value and would leave the row out. Teach them, then run again."
QUIET_AFTER_DAYS = 3
FORGOTTEN_AFTER_DAYS = 60

BALANCE = f"""
select item.id, item.on_hand, coalesce(sum(leg.quantity), 0) as moved
from {{batch}} as item
left join (
    select to_item_id as item_id, quantity from {RAW}.stock_movements where to_item_id is not null
    union all
    select from_item_id, -quantity from {RAW}.stock_movements where from_item_id is not null
) as leg on leg.item_id = item.id
group by 1, 2 having item.on_hand <> coalesce(sum(leg.quantity), 0)
"""

NO_END = "select id, kind, recorded_at from {batch} as own where from_item_id is null and to_item_id is null"

REVERSED_TWICE = """
select reverses_id, count(*) as reversals
from {batch} as own where reverses_id is not null group by 1 having count(*) > 1
"""

QUIET = f"""
select location.code, max(own.recorded_at) as last_movement
from {{batch}} as own
inner join {RAW}.inventory_items as item on item.id = coalesce(own.to_item_id, own.from_item_id)
inner join {RAW}.locations as location on location.id = item.location_id
where own.source <> 'pos'
group by 1
having now() - max(own.recorded_at)
    between interval '{QUIET_AFTER_DAYS} days' and interval '{FORGOTTEN_AFTER_DAYS} days'
"""

POSTED_WITHOUT_TIME = "select id, status from {batch} as own where status = 'posted' and posted_at is null"

MOVEMENTS = (
    store(
        RAW,
        "inventory_items",
        no_rows(
            "Σ movements = on hand",
            BALANCE,
            reason="The ledger and the balances disagree, so neither can be published. Load again; if it stays, run "
            "`stockpot doctor` and look at the item's history before anything is corrected.",
        ),
        refers("every product is known", "product_id", "products"),
        refers("every location is known", "location_id", "locations"),
        between("avg_cost", 0, None, reason="Stock cannot cost less than nothing. Look at the item's last receipts."),
        as_usual(),
        key=["id"],
    ),
    store(
        RAW,
        "stock_movements",
        present(
            "occurred_at",
            "recorded_at",
            "unit",
            reason=DAMAGED,
        ),
        one_of("kind", KINDS, reason=UNKNOWN),
        between("quantity", 0, None, reason=DAMAGED),
        refers("every source item is known", "from_item_id", "inventory_items"),
        refers("every destination item is known", "to_item_id", "inventory_items"),
        no_rows(
            "every movement has an end",
            NO_END,
            reason=DAMAGED,
        ),
        no_rows(
            "nothing is reversed twice",
            REVERSED_TWICE,
            reason="The ledger refuses that: somebody wrote past it. Verify the audit chain.",
        ),
        told(
            no_rows(
                "no kitchen has gone quiet",
                QUIET,
                reason=f"Nothing was entered there for {QUIET_AFTER_DAYS} days. Ask whether a queue waits offline.",
            )
        ),
        as_usual(0.999),
        key=["id"],
    ),
    store(
        RAW,
        "lots",
        refers("every product is known", "product_id", "products"),
        present("code", reason="A lot is found by its code. Complete it."),
        as_usual(),
        key=["id"],
    ),
    store(
        RAW,
        "counts",
        one_of("status", COUNT_STATUSES, reason=UNKNOWN),
        refers("every location is known", "location_id", "locations"),
        no_rows(
            "a posted count says when",
            POSTED_WITHOUT_TIME,
            reason=DAMAGED,
        ),
        key=["id"],
    ),
    store(
        RAW,
        "count_items",
        refers("every count is known", "count_id", "counts"),
        refers("every item is known", "item_id", "inventory_items"),
        told(between("counted", 0, None, reason="Nobody counts less than nothing. Look at the sheet.")),
        key=["id"],
    ),
    store(
        RAW,
        "depletions",
        refers("every location is known", "location_id", "locations"),
        between("revision", 1, None, reason=DAMAGED),
        key=["location_id", "business_day", "revision"],
    ),
)
