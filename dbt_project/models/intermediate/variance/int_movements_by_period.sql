{#- What moved of a product at a location between two counts: in, out, and what its use was worth. -#}
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
        legs.price_variance,
        legs.kind in ('sale', 'consumption', 'waste', 'count_correction', 'adjustment') as is_use,
        legs.kind in ('count_correction', 'adjustment')
        and coalesce(legs.reason_code, '') in ({{ booking_errors() }}) as is_booking_error
    from legs
    inner join placed on legs.movement_leg_id = placed.movement_leg_id
),

final as (
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
        sum(price_variance) - sum(case when is_use then value_delta else 0 end) as actual_value,
        -sum(case when kind = 'waste' then quantity_delta else 0 end) as waste_quantity,
        -sum(
            case when kind = 'consumption' or (kind = 'adjustment' and not is_booking_error) then quantity_delta else 0 end
        ) as other_use_quantity,
        -sum(case when is_booking_error then quantity_delta else 0 end) as correction_quantity
    from used
    group by location_id, product_id, period_number
)

select * from final
