{{ config(indexes=[{'columns': ['location_id', 'product_id', 'period_number'], 'unique': true}]) }}

{#- What the ledger says of a product at a location between two counts: what was there, came, went, and what it was worth. -#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

summed as (
    select * from {{ ref('int_movements_by_period') }}
),

spans as (
    select
        location_id,
        product_id,
        boundary_number as period_number,
        counted_at as started_at,
        business_day as start_day,
        lead(counted_at) over in_time as ended_at,
        lead(business_day) over in_time as end_day
    from boundaries
    window in_time as (partition by location_id, product_id order by boundary_number)
),

final as (
    select
        spans.location_id,
        spans.product_id,
        spans.period_number,
        spans.started_at,
        spans.ended_at,
        spans.start_day,
        spans.end_day,
        max(summed.currency) over (partition by spans.location_id, spans.product_id) as currency,
        coalesce(sum(summed.change_quantity) over before_it, 0) as opening_quantity,
        coalesce(sum(summed.change_value) over before_it, 0) as opening_value,
        coalesce(summed.change_quantity, 0) as change_quantity,
        coalesce(summed.change_value, 0) as change_value,
        coalesce(summed.received_quantity, 0) as received_quantity,
        coalesce(summed.transferred_quantity, 0) as transferred_quantity,
        coalesce(summed.produced_quantity, 0) as produced_quantity,
        coalesce(summed.actual_quantity, 0) as actual_quantity,
        coalesce(summed.actual_value, 0) as actual_value,
        coalesce(summed.waste_quantity, 0) as waste_quantity,
        coalesce(summed.other_use_quantity, 0) as other_use_quantity,
        coalesce(summed.correction_quantity, 0) as correction_quantity
    from spans
    left join summed
        on
            spans.location_id = summed.location_id
            and spans.product_id = summed.product_id
            and spans.period_number = summed.period_number
    window before_it as (
        partition by spans.location_id, spans.product_id order by spans.period_number
        rows between unbounded preceding and 1 preceding
    )
)

select * from final
