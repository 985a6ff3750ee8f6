{{ config(indexes=[{'columns': ['location_id', 'product_id', 'period_number'], 'unique': true}]) }}

{#- What the ledger says of a product at a location between two counts: what was there, came, went, and what it was worth. -#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

legs as (
    select * from {{ ref('int_movement_legs') }}
),

-- A movement at the very moment of a count belongs before it: the count saw it, and its own correction is there.
events as (
    select
        location_id,
        product_id,
        counted_at as happened_at,
        1 as is_boundary,
        cast(null as text) as movement_leg_id
    from boundaries

    union all

    select
        location_id,
        product_id,
        occurred_at as happened_at,
        0 as is_boundary,
        movement_leg_id
    from legs
),

placed as (
    select
        movement_leg_id,
        sum(is_boundary) over (
            partition by location_id, product_id order by happened_at, is_boundary
            rows between unbounded preceding and current row
        ) as period_number
    from events
),

used as (
    select
        legs.location_id,
        legs.product_id,
        placed.period_number,
        legs.currency,
        legs.kind,
        legs.reason_code,
        legs.quantity_delta,
        legs.value_delta,
        legs.kind in ('sale', 'consumption', 'waste', 'count_correction', 'adjustment') as is_use,
        legs.kind in ('count_correction', 'adjustment')
        and coalesce(legs.reason_code, '') in ({{ booking_errors() }}) as is_booking_error
    from legs
    inner join placed on legs.movement_leg_id = placed.movement_leg_id
),

summed as (
    select
        location_id,
        product_id,
        period_number,
        max(currency) as currency,
        sum(quantity_delta) as change_quantity,
        sum(value_delta) as change_value,
        sum(case when kind in ('receipt', 'return_to_supplier', 'opening') then quantity_delta else 0 end)
            as received_quantity,
        sum(case when kind = 'transfer' then quantity_delta else 0 end) as transferred_quantity,
        sum(case when kind = 'production' then quantity_delta else 0 end) as produced_quantity,
        -sum(case when is_use then quantity_delta else 0 end) as actual_quantity,
        -sum(case when is_use then value_delta else 0 end) as actual_value,
        -sum(case when kind = 'waste' then quantity_delta else 0 end) as waste_quantity,
        -sum(
            case when kind = 'consumption' or (kind = 'adjustment' and not is_booking_error) then quantity_delta else 0 end
        ) as other_use_quantity,
        -sum(case when is_booking_error then quantity_delta else 0 end) as correction_quantity
    from used
    group by location_id, product_id, period_number
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
