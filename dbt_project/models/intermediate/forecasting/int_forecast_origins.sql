{#- The last day of each location that is over: what a forecast made now may know. -#}
with locations as (
    select * from {{ ref('stg_operational__locations') }}
),

final as (
    select
        location_id,
        {{ business_day('current_timestamp', 'time_zone', 'day_cutoff') }} - 1 as origin_day
    from locations
)

select * from final
