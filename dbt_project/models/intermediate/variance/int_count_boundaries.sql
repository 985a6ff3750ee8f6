{#-
    The moments between which use can be known: when a product was counted at a location (the last count of a day), and
    the end of the day before its first movement, when there was none of it.
-#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

undone as (
    select distinct reverses_id
    from legs
    where reverses_id is not null
),

counted as (
    select
        legs.location_id,
        legs.product_id,
        legs.business_day,
        max(legs.occurred_at) as counted_at
    from legs
    left join undone on legs.movement_id = undone.reverses_id
    where legs.kind = 'count_correction' and legs.reverses_id is null and undone.reverses_id is null
    group by legs.location_id, legs.product_id, legs.business_day
),

first_days as (
    select
        location_id,
        product_id,
        min(business_day) - 1 as business_day
    from legs
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
