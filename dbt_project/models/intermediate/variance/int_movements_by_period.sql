{{ config(
    materialized='incremental',
    incremental_strategy='since',
    since_keys=['location_id', 'product_id'],
    since_column='period_number',
    indexes=[{'columns': ['location_id', 'product_id', 'period_number'], 'unique': true}],
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#-
    What moved of a product at a location between two counts: in, out, and what its use was worth; a period in which nothing
    did has a row of nothing. On the days between two counts it is enough to know what moved in all; on the day of a count it
    matters what was before it. Periods are written anew from the first with new movements or other counts on.
-#}
-- depends_on: {{ ref('int_movement_legs') }}
-- depends_on: {{ ref('int_movements_daily') }}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

spans as (
    select
        location_id,
        product_id,
        boundary_number as period_number,
        counted_at as started_at,
        business_day,
        coalesce(
            lead(business_day) over (partition by location_id, product_id order by boundary_number), current_date + 2
        ) as end_day
    from boundaries
),

periods as (
    {{ periods_to_write('spans', 'boundaries') }}
),

placed as (
    {{ moved_in('periods') }}
),

used as (
    select
        *,
        kind in ('receipt', 'return_to_supplier', 'opening') as is_received,
        kind in ('sale', 'consumption', 'waste', 'count_correction', 'adjustment') as is_use,
        kind in ('count_correction', 'adjustment') and reason_code in ({{ booking_errors() }}) as is_booking_error,
        kind = 'consumption' or (kind = 'adjustment' and reason_code not in ({{ booking_errors() }})) as is_other_use
    from placed
),

final as (
    select
        periods.location_id,
        periods.product_id,
        periods.period_number,
        periods.started_at,
        max(used.currency) as currency,
        sum(used.quantity_delta) as change_quantity,
        sum(used.value_delta) as change_value,
        coalesce(sum(used.quantity_delta) filter (where used.is_received), 0) as received_quantity,
        coalesce(sum(used.quantity_delta) filter (where used.kind = 'transfer'), 0) as transferred_quantity,
        coalesce(sum(used.quantity_delta) filter (where used.kind = 'production'), 0) as produced_quantity,
        -coalesce(sum(used.quantity_delta) filter (where used.is_use), 0) as actual_quantity,
        sum(used.price_variance) - coalesce(sum(used.value_delta) filter (where used.is_use), 0) as actual_value,
        -coalesce(sum(used.quantity_delta) filter (where used.kind = 'waste'), 0) as waste_quantity,
        -coalesce(sum(used.quantity_delta) filter (where used.is_other_use), 0) as other_use_quantity,
        -coalesce(sum(used.quantity_delta) filter (where used.is_booking_error), 0) as correction_quantity
    from periods
    left join used
        on
            periods.location_id = used.location_id
            and periods.product_id = used.product_id
            and periods.period_number = used.period_number
    group by periods.location_id, periods.product_id, periods.period_number, periods.started_at
)

select * from final
