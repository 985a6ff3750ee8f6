{{ config(materialized='incremental', incremental_strategy='append', post_hook="{{ remember(ref('int_movement_legs')) }}") }}

{#- Corrections by counts, and whatever undid a movement: few of the ledger's rows, kept apart so that not all are read. -#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
    {% if is_incremental() -%} where built_at > {{ built_until() }} {%- endif %}
),

final as (
    select
        movement_id,
        location_id,
        product_id,
        business_day,
        occurred_at,
        kind,
        reverses_id
    from legs
    where kind = 'count_correction' or reverses_id is not null
)

select * from final
