{#-
    Each day's portions of each menu item, for every product that its recipes ever use, in the period that the day lies in;
    on the day of a count, with what had been sold before it.
-#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

ingredients as (
    select distinct
        menu_item_id,
        product_id
    from {{ ref('int_recipes_exploded') }}
),

places as (
    select distinct
        location_id,
        product_id
    from boundaries
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

eras as (
    select
        location_id,
        product_id,
        business_day as from_day,
        counted_at,
        boundary_number,
        lead(business_day) over (partition by location_id, product_id order by boundary_number) as to_day
    from boundaries
),

daily as (
    select
        sales.location_id,
        ingredients.product_id,
        sales.business_day,
        sales.menu_item_id,
        sales.units,
        coalesce(usage.quantity, 0) as quantity
    from sales
    inner join ingredients on sales.menu_item_id = ingredients.menu_item_id
    inner join places on sales.location_id = places.location_id and ingredients.product_id = places.product_id
    left join usage
        on
            sales.location_id = usage.location_id
            and sales.business_day = usage.business_day
            and sales.menu_item_id = usage.menu_item_id
            and ingredients.product_id = usage.product_id
),

-- A day lies in the last period that began on it or before.
final as (
    select
        daily.location_id,
        daily.product_id,
        daily.business_day,
        daily.menu_item_id,
        daily.units,
        daily.quantity,
        eras.boundary_number,
        case when eras.from_day = daily.business_day then coalesce(before_count.units_before, 0) else 0 end
            as units_before
    from daily
    inner join eras
        on
            daily.location_id = eras.location_id
            and daily.product_id = eras.product_id
            and daily.business_day >= eras.from_day
            and (eras.to_day is null or daily.business_day < eras.to_day)
    left join before_count
        on
            daily.location_id = before_count.location_id
            and daily.business_day = before_count.business_day
            and eras.counted_at = before_count.counted_at
            and daily.menu_item_id = before_count.menu_item_id
)

select * from final
