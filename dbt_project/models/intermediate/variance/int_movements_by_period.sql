{#-
    What moved of a product at a location between two counts: in, out, and what its use was worth. Of most days it is enough
    to know what moved in all; on the day of a count it matters what was before it.
-#}
with period_days as (
    select * from {{ ref('int_period_days') }}
),

movements as (
    select * from {{ ref('int_movements_daily') }}
),

legs as (
    select * from {{ ref('int_movement_legs') }}
),

placed as (
    select
        movements.location_id,
        movements.product_id,
        period_days.period_number,
        movements.currency,
        movements.kind,
        movements.reason_code,
        movements.quantity_delta,
        movements.value_delta,
        movements.price_variance
    from movements
    inner join period_days
        on
            movements.location_id = period_days.location_id
            and movements.product_id = period_days.product_id
            and movements.business_day = period_days.business_day
    where period_days.counted_at is null

    union all

    select
        legs.location_id,
        legs.product_id,
        -- A movement at the very moment of a count belongs before it: the count saw it, and its own correction is there.
        period_days.period_number - case when legs.occurred_at > period_days.counted_at then 0 else 1 end as period_number,
        legs.currency,
        legs.kind,
        coalesce(legs.reason_code, '') as reason_code,
        legs.quantity_delta,
        legs.value_delta,
        legs.price_variance
    from period_days
    inner join legs
        on
            period_days.location_id = legs.location_id
            and period_days.product_id = legs.product_id
            and period_days.business_day = legs.business_day
    where period_days.counted_at is not null
),

used as (
    select
        *,
        kind in ('sale', 'consumption', 'waste', 'count_correction', 'adjustment') as is_use,
        kind in ('count_correction', 'adjustment') and reason_code in ({{ booking_errors() }}) as is_booking_error
    from placed
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
