{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[{'columns': ['location_id', 'product_id', 'business_day']}],
    pre_hook="{{ forget_touched(ref('int_movement_legs'), ['location_id', 'product_id', 'business_day']) }}",
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#-
    What moved of a product at a location on a day, by kind, reason, direction and whether it undid something: whatever does
    not ask for moments adds up from here. A day with new movements, however late, is written anew.
-#}
with legs as (
    select * from {{ of_touched_days(ref('int_movement_legs')) }} as recorded
),

final as (
    select
        location_id,
        product_id,
        business_day,
        kind,
        coalesce(reason_code, '') as reason_code,
        reverses_id is not null as is_reversal,
        quantity_delta < 0 as is_out,
        currency,
        sum(quantity_delta) as quantity_delta,
        sum(value_delta) as value_delta,
        sum(price_variance) as price_variance,
        count(*) as movements,
        min(occurred_at) as first_at
    from legs
    group by
        location_id, product_id, business_day, kind, coalesce(reason_code, ''), reverses_id is not null, quantity_delta < 0,
        currency
)

select * from final
