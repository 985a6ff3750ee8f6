{#-
    Theoretical use of each period beside that of the period before: `at_old_recipes` is today's sales cooked as they were
    cooked then. A new item's recipe counts as old as itself; an ingredient that is new in an old item was not in it.
-#}
with usage as (
    select * from {{ ref('int_item_usage_by_period') }}
),

every as (
    select
        location_id,
        product_id,
        period_number,
        menu_item_id,
        units,
        quantity,
        0 as baseline_units,
        0 as baseline_quantity
    from usage

    union all

    select
        location_id,
        product_id,
        period_number + 1 as period_number,
        menu_item_id,
        0 as units,
        0 as quantity,
        units as baseline_units,
        quantity as baseline_quantity
    from usage
),

items as (
    select
        location_id,
        product_id,
        period_number,
        menu_item_id,
        sum(units) as units,
        sum(quantity) as quantity,
        sum(baseline_units) as baseline_units,
        sum(baseline_quantity) as baseline_quantity
    from every
    group by location_id, product_id, period_number, menu_item_id
),

final as (
    select
        location_id,
        product_id,
        period_number,
        sum(quantity) as theoretical_quantity,
        sum(baseline_quantity) as baseline_quantity,
        sum(case when baseline_units = 0 then quantity else units * baseline_quantity / baseline_units end)
            as quantity_at_old_recipes
    from items
    group by location_id, product_id, period_number
)

select * from final
