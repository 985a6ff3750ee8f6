{#-
    All portions that a location sold between two counts of a product: the volume that its use is compared by. Sales and
    counts are put in one line of time and counted through once; what is sold at the very moment of a count is before it.
-#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

line_of_time as (
    select
        location_id,
        business_day,
        sold_at as happened_at,
        cast(null as uuid) as product_id,
        cast(null as bigint) as boundary_number,
        quantity as units
    from {{ ref('int_sales_mapped') }}
    where menu_item_id is not null

    union all

    select
        location_id,
        business_day,
        counted_at as happened_at,
        product_id,
        boundary_number,
        cast(0 as numeric(18, 6)) as units
    from boundaries
),

sold as (
    select
        location_id,
        product_id,
        boundary_number,
        sum(units) over (
            partition by location_id order by business_day, happened_at
            range between unbounded preceding and current row
        ) as units_until
    from line_of_time
),

final as (
    select
        location_id,
        product_id,
        boundary_number as period_number,
        lead(units_until) over (partition by location_id, product_id order by boundary_number)
        - units_until as units_sold
    from sold
    where boundary_number is not null
)

select * from final
