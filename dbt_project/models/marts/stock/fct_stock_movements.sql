{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['movement_leg_id'], 'unique': true},
        {'columns': ['location_id', 'business_day']},
        {'columns': ['location_id', 'recorded_at']},
        {'columns': ['inventory_item_id', 'business_day']},
        {'columns': ['load_id']},
    ],
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

with legs as (
    select * from {{ ref('int_movement_legs') }}
    {% if is_incremental() -%} where built_at > {{ built_until() }} {%- endif %}
),

final as (
    select
        movement_leg_id,
        movement_id,
        inventory_item_id,
        product_id,
        location_id,
        area_id,
        kind,
        cast(quantity_delta as numeric(18, 6)) as quantity_delta,
        cast(value_delta as numeric(18, 6)) as value_delta,
        cast(price_variance as numeric(18, 6)) as price_variance,
        currency,
        occurred_at,
        recorded_at,
        business_day,
        source,
        reason_code,
        reference,
        reverses_id,
        {{ load_id() }} as load_id
    from legs
)

select * from final
