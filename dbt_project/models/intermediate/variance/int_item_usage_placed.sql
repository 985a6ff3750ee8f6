{#-
    Each day's portions of each menu item, for every product that its recipes ever use, in the period that the day lies in;
    on the day of a count, with what had been sold before it.
-#}
with period_days as (
    select * from {{ ref('int_period_days') }}
),

ingredients as (
    select distinct
        menu_item_id,
        product_id
    from {{ ref('int_recipes_exploded') }}
),

sales as (
    select
        location_id,
        business_day,
        menu_item_id,
        sum(quantity) as units
    from {{ ref('int_item_sales_daily') }}
    where menu_item_id is not null
    group by location_id, business_day, menu_item_id
),

usage as (
    select * from {{ ref('int_theoretical_usage_daily') }}
),

before_count as (
    select * from {{ ref('int_boundary_sales') }}
),

final as (
    select
        sales.location_id,
        ingredients.product_id,
        sales.business_day,
        sales.menu_item_id,
        period_days.period_number,
        sales.units,
        coalesce(usage.quantity, 0) as quantity,
        coalesce(before_count.units_before, 0) as units_before
    from sales
    inner join ingredients on sales.menu_item_id = ingredients.menu_item_id
    inner join period_days
        on
            sales.location_id = period_days.location_id
            and ingredients.product_id = period_days.product_id
            and sales.business_day = period_days.business_day
    left join usage
        on
            sales.location_id = usage.location_id
            and sales.business_day = usage.business_day
            and sales.menu_item_id = usage.menu_item_id
            and ingredients.product_id = usage.product_id
    left join before_count
        on
            sales.location_id = before_count.location_id
            and ingredients.product_id = before_count.product_id
            and sales.business_day = before_count.business_day
            and sales.menu_item_id = before_count.menu_item_id
            and period_days.counted_at = before_count.counted_at
)

select * from final
