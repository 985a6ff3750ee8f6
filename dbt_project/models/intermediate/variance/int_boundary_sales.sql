{#- On the days of a count: how many portions of each item had been sold when it was taken. -#}
with boundaries as (
    select distinct
        location_id,
        business_day,
        counted_at
    from {{ ref('int_count_boundaries') }}
),

sales as (
    select * from {{ ref('int_sales_mapped') }}
),

final as (
    select
        boundaries.location_id,
        boundaries.business_day,
        boundaries.counted_at,
        sales.menu_item_id,
        sum(sales.quantity) as units_before
    from boundaries
    inner join sales
        on
            boundaries.location_id = sales.location_id
            and boundaries.business_day = sales.business_day
            and sales.sold_at <= boundaries.counted_at
    where sales.menu_item_id is not null
    group by boundaries.location_id, boundaries.business_day, boundaries.counted_at, sales.menu_item_id
)

select * from final
