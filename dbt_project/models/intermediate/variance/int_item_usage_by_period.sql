{{ config(indexes=[{'columns': ['location_id', 'product_id', 'period_number']}]) }}

{#-
    For each product, period and menu item that ever uses it: portions sold and what they should have taken. On the day of
    a count, what was sold before it belongs to the period that it ends, the rest to the next.
-#}
with placed as (
    select * from {{ ref('int_item_usage_placed') }}
),

split as (
    select
        location_id,
        product_id,
        period_number,
        menu_item_id,
        units - units_before as units,
        quantity - coalesce(quantity * units_before / nullif(units, 0), 0) as quantity
    from placed

    union all

    select
        location_id,
        product_id,
        period_number - 1 as period_number,
        menu_item_id,
        units_before as units,
        coalesce(quantity * units_before / nullif(units, 0), 0) as quantity
    from placed
    where units_before <> 0 and period_number > 1
),

final as (
    select
        location_id,
        product_id,
        period_number,
        menu_item_id,
        sum(units) as units,
        sum(quantity) as quantity
    from split
    group by location_id, product_id, period_number, menu_item_id
)

select * from final
