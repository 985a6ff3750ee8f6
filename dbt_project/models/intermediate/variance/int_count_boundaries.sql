{#-
    The moments between which use can be known: when a product was counted at a location (the last count of a day), and
    the end of the day before its first movement, when there was none of it.
-#}
with items as (
    select distinct location_id, product_id from {{ ref('stg_operational__inventory_items') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

counts as (
    select * from {{ ref('int_count_moments') }}
),

counted as (
    select
        location_id,
        product_id,
        business_day,
        max(counted_at) as counted_at
    from counts
    group by location_id, product_id, business_day
),

seen as ( -- the index's first entry, however long the past is
    select
        items.location_id,
        items.product_id,
        first_move.business_day
    from items
    cross join lateral (
        select min(movements.business_day) as business_day from {{ ref('int_movements_daily') }} as movements
        where movements.location_id = items.location_id and movements.product_id = items.product_id
    ) as first_move
    where first_move.business_day is not null

    union all

    select
        location_id,
        product_id,
        business_day
    from counted
),

first_days as (
    select
        location_id,
        product_id,
        min(business_day) - 1 as business_day
    from seen
    group by location_id, product_id
),

first_seen as (
    select
        first_days.location_id,
        first_days.product_id,
        first_days.business_day,
        {{ business_day_end('first_days.business_day', 'locations.time_zone', 'locations.day_cutoff') }}
        - interval '1 microsecond' as counted_at
    from first_days
    inner join locations on first_days.location_id = locations.location_id
),

moments as (
    select
        location_id,
        product_id,
        business_day,
        counted_at,
        false as is_count
    from first_seen

    union all

    select
        location_id,
        product_id,
        business_day,
        counted_at,
        true as is_count
    from counted
),

final as (
    select
        location_id,
        product_id,
        business_day,
        counted_at,
        is_count,
        row_number() over (partition by location_id, product_id order by counted_at) as boundary_number
    from moments
)

select * from final
