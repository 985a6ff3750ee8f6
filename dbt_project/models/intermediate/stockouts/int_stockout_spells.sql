{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[{'columns': ['location_id', 'product_id', 'business_day']}],
    pre_hook="{{ forget_from(spell_starts()) }}",
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#-
    Stretches during which a location had nothing of a product in any of its areas; one that lasts has no end yet. Most days
    cannot have one: there was more in the morning than the whole day took. Only the others are followed movement by
    movement. Later builds follow a product from the first day that may have changed, with what the day before it left.
-#}
with items as (
    select * from {{ ref('stg_operational__inventory_items') }}
),

balances_daily as (
    select * from {{ ref('int_stock_on_hand_daily') }}
),

moved as (
    {{ moves_to_follow() }}
),

days as (
    select
        location_id,
        product_id,
        business_day,
        max(opening) as opening,
        sum(quantity_delta) as quantity_delta,
        sum(case when is_out then quantity_delta else 0 end) as taken,
        min(first_at) as first_at
    from moved
    group by location_id, product_id, business_day
),

mornings as (
    select
        location_id,
        product_id,
        business_day,
        taken,
        opening + sum(quantity_delta) over in_time - quantity_delta as opening,
        lead(first_at) over in_time as next_day_at
    from days
    window in_time as (partition by location_id, product_id order by business_day)
),

changes as (
    select
        legs.location_id,
        legs.product_id,
        legs.business_day,
        legs.occurred_at,
        max(mornings.opening) as opening,
        max(mornings.next_day_at) as next_day_at,
        sum(legs.quantity_delta) as quantity_delta
    from mornings
    inner join {{ legs_of('mornings') }} as legs
        on
            mornings.location_id = legs.location_id
            and mornings.product_id = legs.product_id
            and mornings.business_day = legs.business_day
    where mornings.opening + mornings.taken <= 0
    group by legs.location_id, legs.product_id, legs.business_day, legs.occurred_at
),

balances as (
    select
        location_id,
        product_id,
        business_day,
        occurred_at,
        opening + sum(quantity_delta) over in_time as on_hand,
        coalesce(lead(occurred_at) over in_time, next_day_at) as next_at
    from changes
    window in_time as (partition by location_id, product_id, business_day order by occurred_at)
),

final as (
    select
        location_id,
        product_id,
        business_day,
        occurred_at as began_at,
        next_at as ended_at
    from balances
    where on_hand <= 0
)

select * from final
