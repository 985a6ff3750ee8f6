{#- All portions that a location sold between two counts of a product: the volume that its use is compared by. -#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

daily as (
    select
        location_id,
        business_day,
        sum(quantity) as units
    from {{ ref('int_item_sales_daily') }}
    where menu_item_id is not null
    group by location_id, business_day
),

days as (
    select
        location_id,
        business_day
    from daily
    union
    select
        location_id,
        business_day
    from boundaries
),

running as (
    select
        days.location_id,
        days.business_day,
        coalesce(
            sum(daily.units) over (
                partition by days.location_id order by days.business_day
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as units_until
    from days
    left join daily on days.location_id = daily.location_id and days.business_day = daily.business_day
),

partial as (
    select
        location_id,
        business_day,
        counted_at,
        sum(units_before) as units_before
    from {{ ref('int_boundary_sales') }}
    group by location_id, business_day, counted_at
),

sold as (
    select
        boundaries.location_id,
        boundaries.product_id,
        boundaries.boundary_number,
        running.units_until + coalesce(partial.units_before, 0) as units_until
    from boundaries
    inner join running
        on boundaries.location_id = running.location_id and boundaries.business_day = running.business_day
    left join partial
        on
            boundaries.location_id = partial.location_id
            and boundaries.business_day = partial.business_day
            and boundaries.counted_at = partial.counted_at
),

final as (
    select
        location_id,
        product_id,
        boundary_number as period_number,
        lead(units_until) over (partition by location_id, product_id order by boundary_number)
        - units_until as units_sold
    from sold
)

select * from final
