{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[
        {'columns': ['location_id', 'product_id', 'business_day', 'known_on']},
        {'columns': ['built_at']},
    ],
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#- Movements that became known after their day was over, with the location's day on which that was. -#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
    {% if is_incremental() -%} where built_at > {{ built_until() }} {%- endif %}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

known as (
    select
        legs.location_id,
        legs.product_id,
        legs.business_day,
        {{ business_day('legs.recorded_at', 'locations.time_zone', 'locations.day_cutoff') }} as known_on,
        legs.source,
        legs.kind,
        legs.currency,
        legs.quantity_delta,
        legs.value_delta,
        legs.built_at
    from legs
    inner join locations on legs.location_id = locations.location_id
),

final as (
    select * from known
    where known_on > business_day
)

select * from final
