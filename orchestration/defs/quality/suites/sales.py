"""What tills exported: order lines, as they lie in the warehouse."""

# ruff: noqa: S608 - the names in these queries are this module's own constants

from __future__ import annotations

from orchestration.defs.quality.suites.queries import RAW, refers
from orchestration.lib.expectations import as_usual, between, no_rows, present, store, told

QUIET_AFTER_DAYS = 3
FORGOTTEN_AFTER_DAYS = 60
LEAST, MOST = 0.5, 2.0
"""Shares of the usual number of lines between which a day is nothing to speak of."""

FUTURE = """
select row_id, ordered_at, source_file, source_line from {batch} as own where ordered_at > now() + interval '1 day'
"""

DUPLICATES = """
select row_id, location_code, order_number, business_day, item_code, source_file, source_line
from {batch} as own where occurrence > 1 order by source_file, source_line
"""

LINE_COUNTS = """
select location_code, order_number, business_day, max(stated_line_count) as stated, count(*) as found
from {batch} as own group by 1, 2, 3
having min(stated_line_count) <> count(*) or max(stated_line_count) <> count(*) order by 1, 3, 2
"""

UNMAPPED = f"""
select
    item_code, count(*) as lines, sum(quantity) as units, sum(line_total) as net_sales,
    max(business_day) as last_sold_on
from {{batch}} as own
where not exists (select from {RAW}.menu_items as item where item.code = own.item_code)
group by 1 order by sum(line_total) desc, item_code
"""

# A till that was taken out of use long ago is no news every morning.
QUIET = f"""
select location_code, max(business_day) as last_day, current_date - max(business_day) as days_ago
from {{batch}} as own group by 1
having current_date - max(business_day) between {QUIET_AFTER_DAYS + 1} and {FORGOTTEN_AFTER_DAYS}
"""

# Finished days of the newest load, none older than a week; the median needs four such weekdays.
UNUSUAL = f"""
with days as (
    select location_code, business_day, count(*) as lines, max(_dlt_load_id) as load_id
    from {{batch}} as own group by 1, 2
),
latest as (
    select location_code, max(business_day) as last_day, max(load_id) as load_id from days group by 1
),
compared as (
    select days.location_code, days.business_day, days.lines, (
        select percentile_cont(0.5) within group (order by before.lines) from days as before
        where before.location_code = days.location_code and before.business_day < days.business_day
            and before.business_day >= days.business_day - 56
            and (days.business_day - before.business_day) % 7 = 0
        having count(*) >= 4
    ) as usual
    from days
    inner join latest on days.location_code = latest.location_code and days.load_id = latest.load_id
    where days.business_day > latest.last_day - 7 and days.business_day < current_date - 1
)
select * from compared where lines < {LEAST} * usual or lines > {MOST} * usual order by 1, 2
"""

WAITING = """
select source, file, count(*) as rows, min(line) as first_line, min(message) as first_reason
from raw_quarantine.rows where state = 'pending' group by 1, 2 order by 1, 2
"""

SALES = (
    store(
        "raw_pos",
        "order_lines",
        present(
            "location_id", "order_number", "ordered_at", "business_day", "item_code",
            reason="A line without it cannot be placed. Mend the till's export and import the file again.",
        ),
        between(
            "quantity", 0, 1_000_000, above=True,
            reason="A sale of nothing, of less than nothing or of a million is a till's error. Correct the export.",
        ),
        between(
            "unit_price", 0, 10_000_000,
            reason="No item sells for this. Look at the mapping's decimal separator and at the export.",
        ),
        refers("every location is known", "location_id", "locations"),
        no_rows(
            "no sale lies in the future",
            FUTURE,
            reason="Day and month may have changed places. Look at the mapping's format of the order's date.",
        ),
        told(
            no_rows(
                "no exact duplicate line",
                DUPLICATES,
                reason="The export holds a line twice. Both count, since they may be two sales. Ask the till.",
            )
        ),
        told(
            no_rows(
                "the stated line count is right",
                LINE_COUNTS,
                reason="The till states another number of lines than there are: lines may be missing from the export.",
            )
        ),
        told(
            no_rows(
                "every sold item is on the menu",
                UNMAPPED,
                reason="These sales take nothing from stock. Add the items to the menu, or their codes to the items.",
            )
        ),
        told(
            no_rows(
                "no till has gone quiet",
                QUIET,
                reason=f"A till that sold within {FORGOTTEN_AFTER_DAYS} days has sent nothing for more than "
                f"{QUIET_AFTER_DAYS}. Look at the drop folder, and at the till's export.",
            )
        ),
        told(
            no_rows(
                "each new day is as busy as its weekday",
                UNUSUAL,
                reason="Less than half, or more than twice, the lines of this weekday in eight weeks: a file was cut "
                "short, or hold another day too. Compare it with the till's own report.",
            )
        ),
        told(
            no_rows(
                "nothing waits in quarantine",
                WAITING,
                tables=["raw_quarantine.rows"],
                reason="Rows could not be read and are missing from every figure. Repair and replay, or discard them.",
            )
        ),
        as_usual(0.99),
        key=["row_id"],
    ),
)  # fmt: skip
