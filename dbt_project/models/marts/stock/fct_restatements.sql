{{ config(indexes=[{'columns': ['location_id', 'business_day']}]) }}

{#-
    What became known of a day after it was over. A day's end as known on day k is what is known now less the rows here
    with `business_day` up to that day and `known_on` after k.
-#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

known as (
    select
        legs.*,
        {{ business_day('legs.recorded_at', 'locations.time_zone', 'locations.day_cutoff') }} as known_on
    from legs
    inner join locations on legs.location_id = locations.location_id
),

final as (
    select
        location_id,
        product_id,
        business_day,
        known_on,
        source,
        kind,
        currency,
        cast(known_on - business_day as integer) as days_late,
        cast(sum(quantity_delta) as numeric(18, 6)) as quantity_delta,
        cast(sum(value_delta) as numeric(18, 6)) as value_delta,
        cast(count(*) as integer) as movements,
        {{ load_id() }} as load_id
    from known
    where known_on > business_day
    group by location_id, product_id, business_day, known_on, source, kind, currency
)

select * from final
