"""What is expected of the raw tables and of the marts. Whatever is not marked as a warning stops the run."""

# ruff: noqa: S608 - the names in these queries are this module's own constants

from __future__ import annotations

from orchestration.lib.gates import Store, between, key, no_rows, one_of, present

RAW = "raw_operational"
BUILD = "marts_build"
KINDS = (
    "receipt", "return_to_supplier", "sale", "consumption", "production", "waste", "count_correction", "adjustment",
    "transfer", "opening", "cost_correction", "price_variance",
)  # fmt: skip
ORDER_STATUSES = (
    "draft", "submitted", "approved", "sent", "partially_received", "received", "closed", "cancelled",
)  # fmt: skip


def _refers(column: str, table: str) -> str:
    """A query for rows whose reference leads nowhere."""
    return (
        f"select {column} from {{batch}} as own where {column} is not null"
        f" and not exists (select from {RAW}.{table} as other where other.id = own.{column}) limit 100"
    )


REFERENCE = (
    Store(RAW, "locations", (*key("id"), *key("code"), *present("time_zone", "currency", "day_cutoff"))),
    Store(RAW, "menu_items", (*key("id"), *key("code"))),
)

SALES = (
    Store(
        "raw_pos",
        "order_lines",
        (
            *key("row_id"),
            *present("location_id", "order_number", "ordered_at", "business_day", "item_code"),
            between("quantity", 0, 1_000_000, above=True),
            between("unit_price", 0, 10_000_000),
            no_rows("every location is known", _refers("location_id", "locations")),
            no_rows(
                "no sale lies in the future",
                "select row_id, ordered_at from {batch} as own where ordered_at > now() + interval '1 day' limit 100",
            ),
            no_rows(
                "no exact duplicate line",
                "select source_file, source_line, order_number from {batch} as own where occurrence > 1 limit 1000",
                is_blocking=False,
            ),
            no_rows(
                "the stated line count is right",
                "select location_code, order_number, business_day, max(stated_line_count) as stated, count(*) as found"
                " from {batch} as own where stated_line_count is not null group by 1, 2, 3"
                " having min(stated_line_count) <> count(*) or max(stated_line_count) <> count(*) limit 1000",
                is_blocking=False,
            ),
            no_rows(
                "every sold item is on the menu",
                "select item_code, count(*) as lines from {batch} as own where not exists"
                f" (select from {RAW}.menu_items as item where item.code = own.item_code) group by 1 limit 1000",
                is_blocking=False,
            ),
        ),
    ),
)

BALANCE = f"""
select item.id, item.on_hand, coalesce(sum(leg.quantity), 0) as moved
from {{batch}} as item
left join (
    select to_item_id as item_id, quantity from {RAW}.stock_movements where to_item_id is not null
    union all
    select from_item_id, -quantity from {RAW}.stock_movements where from_item_id is not null
) as leg on leg.item_id = item.id
group by 1, 2 having item.on_hand <> coalesce(sum(leg.quantity), 0) limit 100
"""

LEDGER = (
    Store(
        RAW,
        "inventory_items",
        (
            *key("id"),
            no_rows("Σ movements = on hand", BALANCE),
            no_rows("every product is known", _refers("product_id", "products")),
        ),
    ),
    Store(
        RAW,
        "stock_movements",
        (
            *key("id"),
            *present("occurred_at", "recorded_at", "unit"),
            one_of("kind", KINDS),
            between("quantity", 0, None),
            no_rows("every source item is known", _refers("from_item_id", "inventory_items")),
            no_rows("every destination item is known", _refers("to_item_id", "inventory_items")),
            no_rows(
                "every movement has an end",
                "select id from {batch} as own where from_item_id is null and to_item_id is null limit 100",
            ),
        ),
    ),
    Store(RAW, "products", (*key("id"), *key("sku"), *present("stock_unit"))),
    Store(RAW, "suppliers", (*key("id"), between("lead_time_days", 0, 365))),
    Store(
        RAW,
        "purchase_orders",
        (
            *key("id"),
            one_of("status", ORDER_STATUSES),
            no_rows("every supplier is known", _refers("supplier_id", "suppliers")),
        ),
    ),
    Store(
        RAW,
        "purchase_order_lines",
        (
            *key("id"),
            between("packs_ordered", 0, None, above=True),
            between("packs_received", 0, None),
            no_rows("every order is known", _refers("purchase_order_id", "purchase_orders")),
        ),
    ),
)

SALES_TOTALS = """
select * from (
    select sum(quantity) as quantity, sum(net_sales) as money, count(*) as lines from {batch} as own
) as mart
cross join (
    select sum(quantity) as raw_quantity, sum(line_total) as raw_money, count(*) as raw_lines from raw_pos.order_lines
) as raw
where (mart.quantity, mart.money, mart.lines) is distinct from (raw.raw_quantity, raw.raw_money, raw.raw_lines)
"""

LAST_DAY = f"""
select item.id, item.on_hand, last_day.on_hand as last_on_hand
from {RAW}.inventory_items as item
left join lateral (
    select day.on_hand from {{batch}} as day where day.inventory_item_id = cast(item.id as uuid)
    order by day.business_day desc limit 1
) as last_day on true
where item.on_hand <> coalesce(last_day.on_hand, 0) limit 100
"""

LEGS = f"""
select item.id, item.on_hand, coalesce(sum(leg.quantity_delta), 0) as moved
from {RAW}.inventory_items as item left join {{batch}} as leg on leg.inventory_item_id = cast(item.id as uuid)
group by 1, 2 having item.on_hand <> coalesce(sum(leg.quantity_delta), 0) limit 100
"""


def _all_of(table: str) -> str:
    """The mart has as many rows as its raw table."""
    return (
        "select * from (select count(*) as rows from {batch} as own) as mart"
        f" cross join (select count(*) as raw_rows from {RAW}.{table}) as raw where rows <> raw_rows"
    )


def marts(load_id: str) -> tuple[Store, ...]:
    """The suites of the built marts: every row is of this run, or in an incremental mart of the run that wrote it."""
    of_this_run = no_rows(
        "every row is of this run",
        f"select load_id from {{batch}} as own where load_id is distinct from '{load_id}' limit 10",
    )
    return (
        Store(BUILD, "dim_product", (*key("product_id"), of_this_run, no_rows("complete", _all_of("products")))),
        Store(BUILD, "dim_location", (*key("location_id"), of_this_run, no_rows("complete", _all_of("locations")))),
        Store(BUILD, "dim_supplier", (*key("supplier_id"), of_this_run, no_rows("complete", _all_of("suppliers")))),
        Store(
            BUILD,
            "fct_stock_movements",
            (*key("movement_leg_id"), *present("load_id"), no_rows("Σ movements = on hand", LEGS)),
        ),
        Store(
            BUILD,
            "fct_stock_on_hand_daily",
            (
                *key("inventory_item_id", "business_day"),
                *present("load_id"),
                no_rows("the last day is what is on hand", LAST_DAY),
            ),
        ),
        Store(
            BUILD,
            "fct_sales",
            (*key("sale_line_id"), of_this_run, no_rows("totals are those of the tills", SALES_TOTALS)),
        ),
        Store(BUILD, "fct_theoretical_usage", (of_this_run, between("quantity", 0, None))),
        Store(BUILD, "fct_purchase_order_lines", (*key("purchase_order_line_id"), of_this_run)),
        Store(BUILD, "fct_purchase_order_receipts", (*key("purchase_order_receipt_id"), of_this_run)),
        Store(BUILD, "fct_supplier_performance", (of_this_run, between("otif_rate", 0, 1))),
        Store(
            BUILD,
            "fct_forecasts",
            (*key("location_id", "product_id", "origin_day", "target_day"), of_this_run, between("mean", 0, None)),
        ),
    )
