{{ config(
    materialized='incremental',
    incremental_strategy='since',
    since_keys=['inventory_item_id', 'currency'],
    since_column='business_day',
    indexes=[
        {'columns': ['inventory_item_id', 'business_day']},
        {'columns': ['location_id', 'business_day']},
        {'columns': ['built_at']},
    ],
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#- Balances at the end of each of a location's days, from an item's first movement to today. -#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

items as (
    select * from {{ ref('stg_operational__inventory_items') }}
),

starts as (
    {{ balance_starts() }}
),

changes as (
    select
        legs.inventory_item_id,
        legs.currency,
        legs.business_day,
        sum(legs.quantity_delta) as quantity_delta,
        sum(legs.value_delta) as value_delta
    from starts
    {% if is_incremental() -%}
    cross join {{ rows_of(ref('int_movement_legs'), 'starts', '>= starts.from_day', ['inventory_item_id', 'currency']) }} as legs
    {%- else -%}
    inner join {{ ref('int_movement_legs') }} as legs
        on starts.inventory_item_id = legs.inventory_item_id and starts.currency = legs.currency
    {%- endif %}
    group by legs.inventory_item_id, legs.currency, legs.business_day
),

days as (
    select
        starts.*,
        cast(day.business_day as date) as business_day
    from starts
    cross join lateral generate_series(starts.from_day, starts.last_day, interval '1 day') as day (business_day)
),

final as (
    select
        days.inventory_item_id,
        days.business_day,
        days.product_id,
        days.location_id,
        days.area_id,
        cast(days.on_hand + sum(coalesce(changes.quantity_delta, 0)) over running as numeric(18, 6)) as on_hand,
        cast(days.value + sum(coalesce(changes.value_delta, 0)) over running as numeric(18, 6)) as value,
        days.currency,
        current_timestamp as built_at
    from days
    left join changes
        on
            days.inventory_item_id = changes.inventory_item_id
            and days.business_day = changes.business_day
            and days.currency = changes.currency
    window running as (partition by days.inventory_item_id, days.currency order by days.business_day)
)

select * from final
