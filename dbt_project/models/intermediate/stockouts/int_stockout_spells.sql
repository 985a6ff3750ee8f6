{{ config(indexes=[{'columns': ['location_id', 'began_at']}]) }}

{#- Stretches during which a location had nothing of a product in any of its areas. -#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
),

changes as (
    select
        location_id,
        product_id,
        occurred_at,
        sum(quantity_delta) as quantity_delta
    from legs
    group by location_id, product_id, occurred_at
),

balances as (
    select
        location_id,
        product_id,
        occurred_at,
        sum(quantity_delta) over in_time as on_hand,
        lead(occurred_at) over in_time as next_at
    from changes
    window in_time as (partition by location_id, product_id order by occurred_at)
),

final as (
    select
        location_id,
        product_id,
        occurred_at as began_at,
        coalesce(next_at, greatest(occurred_at, current_timestamp)) as ended_at
    from balances
    where on_hand <= 0
)

select * from final
