"""The built marts, before anybody reads them: keys, totals against what they were made from, every row of this run."""

# ruff: noqa: S608 - the names in these queries are this module's own constants

from __future__ import annotations

from collections.abc import Mapping

from orchestration.defs.quality.suites.queries import RAW
from orchestration.lib.expectations import Expect, Store, as_usual, between, no_rows, present, store, told

BUILD = "marts_build"

KEYS: dict[str, tuple[str, ...]] = {
    "dim_product": ("product_id",),
    "dim_location": ("location_id",),
    "dim_supplier": ("supplier_id",),
    "dim_date": ("date_day",),
    "dim_menu_item": ("menu_item_id",),
    "fct_stock_movements": ("movement_leg_id",),
    "fct_stock_on_hand_daily": ("inventory_item_id", "business_day"),
    "fct_inventory_value_daily": ("location_id", "business_day", "category", "currency"),
    "fct_waste": ("location_id", "business_day", "product_id", "reason_code", "currency"),
    "fct_stockouts": ("location_id", "product_id", "business_day"),
    "fct_product_classes": ("location_id", "product_id"),
    "fct_sales": ("sale_line_id",),
    "fct_theoretical_usage": ("location_id", "business_day", "product_id", "menu_item_id"),
    "fct_actual_vs_theoretical": ("location_id", "product_id", "period_number"),
    "fct_food_cost": ("location_id", "period"),
    "fct_menu_engineering": ("location_id", "period", "menu_item_id"),
    "fct_purchase_order_lines": ("purchase_order_line_id",),
    "fct_purchase_order_receipts": ("purchase_order_receipt_id",),
    "fct_supplier_performance": ("supplier_id", "location_id", "period"),
    "fct_forecasts": ("location_id", "product_id", "origin_day", "target_day"),
    "fct_price_changes": ("price_change_id",),
    "dim_recipe_history": ("recipe_line_version_id",),
    "fct_exchange_rates": ("currency", "valid_from"),
    "fct_location_days": ("location_id", "business_day", "currency"),
}

LEDGER_AGAIN = "The mart does not say what the ledger says. Build it again; if it stays, the model is wrong."

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
where item.on_hand <> coalesce(last_day.on_hand, 0)
"""

LEGS = f"""
select item.id, item.on_hand, coalesce(sum(leg.quantity_delta), 0) as moved
from {RAW}.inventory_items as item left join {{batch}} as leg on leg.inventory_item_id = cast(item.id as uuid)
group by 1, 2 having item.on_hand <> coalesce(sum(leg.quantity_delta), 0)
"""

VALUES = f"""
select * from (
    select location_id, currency, sum(value) as value from {{batch}} as own
    where business_day = (select max(business_day) from {BUILD}.fct_inventory_value_daily as every_day
        where every_day.location_id = own.location_id)
    group by 1, 2
) as mart
full join (
    select location_id, currency, sum(value_delta) as ledger_value from {BUILD}.fct_stock_movements group by 1, 2
) as ledger using (location_id, currency)
where coalesce(mart.value, 0) <> coalesce(ledger.ledger_value, 0)
"""

PARTS = """
select location_id, product_id, period_number, actual_value from {batch} as own
where actual_value <> baseline_value + volume_value + mix_value + recipe_change_value + waste_value + other_use_value
    + count_correction_value + unexplained_value + price_value
"""

# Days that the service has taken from stock: what the recipes say beside what the ledger holds. A sixth decimal may be
# rounded per item here and per product there.
DEPLETED = f"""
with posted as (
    select distinct cast(location_id as uuid) as location_id, business_day from {RAW}.depletions
),
theoretical as (
    select location_id, business_day, product_id, sum(quantity) as theoretical from {{batch}} as own group by 1, 2, 3
),
taken as (
    select location_id, business_day, product_id, -sum(quantity_delta) as taken
    from {BUILD}.fct_stock_movements where kind = 'sale' and source = 'pos' group by 1, 2, 3
)
select location.code, posted.business_day, product.sku, theoretical.theoretical, taken.taken
from theoretical
full join taken using (location_id, business_day, product_id)
inner join posted using (location_id, business_day)
inner join {BUILD}.dim_location as location using (location_id)
inner join {BUILD}.dim_product as product using (product_id)
where abs(coalesce(theoretical.theoretical, 0) - coalesce(taken.taken, 0))
    > greatest(0.0001, 0.0001 * coalesce(theoretical.theoretical, 0))
order by 2, 1, 3
"""

UNCHANGED = """
select currency, reporting_currency, min(business_day) as first_day, max(business_day) as last_day, count(*) as days
from {batch} as own where rate is null and reporting_currency is not null group by 1, 2
"""

RATES = "A rate is a share between nothing and everything. The model is wrong: do not publish."
NEGATIVE = "It cannot be less than nothing. Look at the sales, recipes or forecasts that it came from."

CONTENT: dict[str, tuple[Expect, ...]] = {
    "fct_stock_movements": (no_rows("Σ movements = on hand", LEGS, reason=LEDGER_AGAIN),),
    "fct_stock_on_hand_daily": (no_rows("the last day is what is on hand", LAST_DAY, reason=LEDGER_AGAIN),),
    "fct_inventory_value_daily": (no_rows("the last day is worth what the ledger says", VALUES, reason=LEDGER_AGAIN),),
    "fct_sales": (
        no_rows(
            "totals are those of the tills",
            SALES_TOTALS,
            reason="Lines were lost or doubled on their way. Look for a location that the marts do not know.",
        ),
    ),
    "fct_theoretical_usage": (
        between("quantity", 0, None, reason=NEGATIVE),
        told(
            no_rows(
                "what was sold was taken from stock",
                DEPLETED,
                reason="Recipes and the ledger's sale movements differ: a day was refused, or a recipe changed since. "
                "The next run takes changed days again; look at refused ones.",
            )
        ),
    ),
    "fct_actual_vs_theoretical": (
        no_rows(
            "the parts are the whole",
            PARTS,
            reason="The parts must sum to the cent: the model is wrong.",
        ),
    ),
    "fct_food_cost": (
        told(between("food_cost_rate", 0, 1, reason="Food costs more than it sells for. Look for missing sales.")),
    ),
    "fct_supplier_performance": tuple(
        between(rate, 0, 1, reason=RATES) for rate in ("on_time_rate", "in_full_rate", "otif_rate", "fill_rate")
    ),
    "fct_forecasts": (between("mean", 0, None, reason=NEGATIVE),),
    "fct_location_days": (
        told(
            no_rows(
                "every day has its rate",
                UNCHANGED,
                reason="What a currency was worth on these days is not known, so totals over locations are not shown. "
                "Add a rate from the first of these days to the files in EXCHANGE_RATE_PATH.",
            )
        ),
    ),
    "fct_stockouts": (between("lost_quantity", 0, None, reason=NEGATIVE),),
}

COMPLETE = {
    "dim_product": "products",
    "dim_location": "locations",
    "dim_supplier": "suppliers",
    "dim_menu_item": "menu_items",
}


def marts(load_id: str, materialized: Mapping[str, str] | None = None) -> tuple[Store, ...]:
    """The suites of the built marts, `materialized` by name; one that nobody described must still know its load."""
    every = materialized or dict.fromkeys(KEYS, "table")
    return tuple(_suite(name, kind, load_id) for name, kind in every.items())


def _suite(name: str, materialized: str, load_id: str) -> Store:
    own = list(CONTENT.get(name, ()))
    if name in COMPLETE:
        own.append(_complete(COMPLETE[name]))
    return store(BUILD, name, own, _knows_its_load(load_id, materialized), as_usual(), key=KEYS.get(name, ()))


def _knows_its_load(load_id: str, materialized: str) -> Expect:
    """Every row is of this run, or in an incremental mart of the run that wrote it."""
    if materialized == "incremental":
        (known,) = present("load_id", reason="A row that knows no run cannot be explained. Rebuild the mart in full.")
        return known
    return no_rows(
        "every row is of this run",
        f"select load_id, count(*) as rows from {{batch}} as own where load_id is distinct from '{load_id}' group by 1",
        reason="Rows of another run, or of none, are left in the table: it was not built anew. Build it again.",
    )


def _complete(table: str) -> Expect:
    """The mart has as many rows as its raw table."""
    query = (
        "select * from (select count(*) as rows from {batch} as own) as mart"
        f" cross join (select count(*) as raw_rows from {RAW}.{table}) as raw where rows <> raw_rows"
    )
    return no_rows("complete", query, reason="Rows were lost between the raw table and the mart. Build it again.")
