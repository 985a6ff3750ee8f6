{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[
        {'columns': ['location_id', 'product_id', 'business_day'], 'unique': true},
        {'columns': ['location_id', 'business_day']},
    ],
    pre_hook="{{ forget_from(usage_starts()) }}",
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#-
    What was used of each product on each open day: sold, cooked with, wasted; what was undone is taken off again. A closed
    day has no row; an open day without use of a product that was used before is zero.
-#}
-- depends_on: {{ ref('int_movement_legs') }}
-- depends_on: {{ ref('stg_operational__inventory_items') }}
with movements as (
    select * from {{ ref('int_movements_daily') }}
),

open_days as (
    select * from {{ ref('int_open_days') }}
),

{% if is_incremental() -%}
series as (
    {{ usage_starts() }}
),

used as (
    select
        moved.location_id,
        moved.product_id,
        moved.business_day,
        -sum(moved.quantity_delta) as quantity
    from series
    cross join {{ rows_of(ref('int_movements_daily'), 'series', '>= series.from_day') }} as moved
    where moved.kind in ('sale', 'consumption', 'production', 'waste') and moved.is_out <> moved.is_reversal
    group by moved.location_id, moved.product_id, moved.business_day
),
{%- else -%}
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
        min(business_day) as from_day
    from used
    group by location_id, product_id
),
{%- endif %}

final as (
    select
        series.location_id,
        series.product_id,
        open_days.business_day,
        cast(coalesce(used.quantity, 0) as numeric(18, 6)) as quantity
    from series
    inner join open_days
        on series.location_id = open_days.location_id and open_days.business_day >= series.from_day
    left join used
        on
            series.location_id = used.location_id
            and series.product_id = used.product_id
            and open_days.business_day = used.business_day
)

select * from final
