{{ config(indexes=[{'columns': ['location_id', 'product_id', 'business_day'], 'unique': true}]) }}

{#-
    What was used of each product on each open day: sold, cooked with, wasted; what was undone is taken off again. A closed
    day has no row; an open day without use of a product that was used before is zero.
-#}
with movements as (
    select * from {{ ref('int_movements_daily') }}
),

open_days as (
    select * from {{ ref('int_open_days') }}
),

used as (
    select
        location_id,
        product_id,
        business_day,
        -sum(quantity_delta) as quantity
    from movements
    where
        kind in ('sale', 'consumption', 'production', 'waste')
        and is_out <> is_reversal
    group by location_id, product_id, business_day
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
        open_days.business_day,
        cast(coalesce(used.quantity, 0) as numeric(18, 6)) as quantity
    from series
    inner join open_days
        on series.location_id = open_days.location_id and open_days.business_day >= series.first_day
    left join used
        on
            series.location_id = used.location_id
            and series.product_id = used.product_id
            and open_days.business_day = used.business_day
)

select * from final
