{#-
    The days on which a location was open and that are over: those with any movement or sale. A day whose till export has
    not come yet is unknown, not empty, and has no row as long as the till is no more than two weeks late.
-#}
with movements as (
    select * from {{ ref('int_location_movements_daily') }}
),

sales as (
    select * from {{ ref('int_item_sales_daily') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

seen as (
    select
        location_id,
        business_day
    from movements
    union
    select
        location_id,
        business_day
    from sales
),

today as (
    select
        location_id,
        {{ business_day('current_timestamp', 'time_zone', 'day_cutoff') }} as business_day
    from locations
),

tills as (
    select
        location_id,
        max(business_day) as last_day
    from sales
    group by location_id
),

final as (
    select
        seen.location_id,
        seen.business_day
    from seen
    inner join today on seen.location_id = today.location_id
    left join tills on seen.location_id = tills.location_id
    where
        seen.business_day < today.business_day
        and (
            tills.last_day is null
            or seen.business_day <= tills.last_day
            or tills.last_day < today.business_day - 14
        )
)

select * from final
