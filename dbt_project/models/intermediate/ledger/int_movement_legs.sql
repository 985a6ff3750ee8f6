{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[
        {'columns': ['location_id', 'product_id', 'business_day']},
        {'columns': ['movement_id']},
        {'columns': ['built_at']},
    ],
    pre_hook="{{ index_by_recorded_at(source('operational', 'stock_movements')) }}",
    post_hook="{{ remember(this, 'least(recorded_at, current_timestamp)', 'built_at >= current_timestamp') }}",
) }}

{#-
    A ledger row touches one item or two: each touched item gets a leg, signed from its own point of view. A price variance
    is the cost of goods that are gone already: it is no part of the stock's value. Rows of the ledger never change, so
    only those are read that were recorded since the last build, and before it as far back as ingestion looks.
-#}
{%- set looked_at_from = built_until() ~ " - interval '" ~ var('ledger_overlap_hours') ~ " hours'" %}
with movements as (
    select * from {{ ref('stg_operational__stock_movements') }} as recorded
    {% if is_incremental() -%}
    where
        recorded.recorded_at >= {{ looked_at_from }}
        and not exists ( -- asked for each by its index, however long the past is
            select 1 from {{ this }} as known where known.movement_id = recorded.movement_id offset 0
        )
    {%- endif %}
),

items as (
    select * from {{ ref('stg_operational__inventory_items') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

legs as (
    select
        movements.*,
        case when sides.direction = 'in' then movements.to_item_id else movements.from_item_id end as inventory_item_id,
        sides.direction,
        sides.sign * movements.quantity as quantity_delta,
        sides.sign * movements.value as value_delta
    from movements
    cross join (values ('in', 1), ('out', -1)) as sides (direction, sign)
),

final as (
    select
        cast(legs.movement_id as text) || ':' || legs.direction as movement_leg_id,
        legs.movement_id,
        legs.inventory_item_id,
        items.product_id,
        items.location_id,
        items.area_id,
        legs.kind,
        cast(legs.quantity_delta as numeric(18, 6)) as quantity_delta,
        cast(case when legs.kind = 'price_variance' then 0 else legs.value_delta end as numeric(18, 6)) as value_delta,
        cast(case when legs.kind = 'price_variance' then legs.value_delta else 0 end as numeric(18, 6)) as price_variance,
        legs.currency,
        legs.occurred_at,
        legs.recorded_at,
        {{ business_day('legs.occurred_at', 'locations.time_zone', 'locations.day_cutoff') }} as business_day,
        legs.source,
        legs.reason_code,
        legs.reference,
        legs.reverses_id,
        current_timestamp as built_at
    from legs
    inner join items on legs.inventory_item_id = items.inventory_item_id
    inner join locations on items.location_id = locations.location_id
)

select * from final
