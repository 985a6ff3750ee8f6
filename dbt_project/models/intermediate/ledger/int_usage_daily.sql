{{ config(indexes=[{'columns': ['location_id', 'product_id', 'business_day'], 'unique': true}]) }}

{#-
    What was used of each product on each day that its location was open and that is over: sold, cooked with, wasted; what
    was undone is taken off again. A day without any movement or sale at a location is a closed day and has no row.
-#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
),

sales as (
    select * from {{ ref('int_item_sales_daily') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

used as (
    select
        location_id,
        product_id,
        business_day,
        -sum(quantity_delta) as quantity
    from legs
    where
        kind in ('sale', 'consumption', 'production', 'waste')
        and (quantity_delta < 0) = (reverses_id is null)
    group by location_id, product_id, business_day
),

open_days as (
    select
        location_id,
        business_day
    from legs
    union
    select
        location_id,
        business_day
    from sales
),

past_days as (
    select
        open_days.location_id,
        open_days.business_day
    from open_days
    inner join locations on open_days.location_id = locations.location_id
    where
        open_days.business_day
        < {{ business_day('current_timestamp', 'locations.time_zone', 'locations.day_cutoff') }}
),

series as (
    select
        location_id,
        product_id,
        min(business_day) as first_day
    from used
    group by location_id, product_id
),

final as (
    select
        series.location_id,
        series.product_id,
        past_days.business_day,
        cast(coalesce(used.quantity, 0) as numeric(18, 6)) as quantity
    from series
    inner join past_days
        on series.location_id = past_days.location_id and past_days.business_day >= series.first_day
    left join used
        on
            series.location_id = used.location_id
            and series.product_id = used.product_id
            and past_days.business_day = used.business_day
)

select * from final
