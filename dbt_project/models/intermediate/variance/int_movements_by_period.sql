{#-
    What moved of a product at a location between two counts: in, out, and what its use was worth. On the days between them
    it is enough to know what moved in all; on the day of a count it matters what was before it.
-#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

movements as (
    select * from {{ ref('int_movements_daily') }}
),

legs as (
    select * from {{ ref('int_movement_legs') }}
),

periods as (
    select
        location_id,
        product_id,
        boundary_number as period_number,
        counted_at,
        business_day as start_day,
        coalesce(
            lead(business_day) over (partition by location_id, product_id order by boundary_number), current_date + 2
        ) as end_day
    from boundaries
),

placed as (
    select
        periods.location_id,
        periods.product_id,
        periods.period_number,
        movements.currency,
        movements.kind,
        movements.reason_code,
        movements.quantity_delta,
        movements.value_delta,
        movements.price_variance
    from periods
    inner join movements
        on
            periods.location_id = movements.location_id
            and periods.product_id = movements.product_id
            and periods.start_day < movements.business_day
            and periods.end_day > movements.business_day

    union all

    select
        legs.location_id,
        legs.product_id,
        -- A movement at the very moment of a count belongs before it: the count saw it, and its own correction is there.
        periods.period_number - case when legs.occurred_at > periods.counted_at then 0 else 1 end as period_number,
        legs.currency,
        legs.kind,
        coalesce(legs.reason_code, '') as reason_code,
        legs.quantity_delta,
        legs.value_delta,
        legs.price_variance
    from periods
    inner join legs
        on
            periods.location_id = legs.location_id
            and periods.product_id = legs.product_id
            and periods.start_day = legs.business_day
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
        location_id,
        product_id,
        period_number,
        max(currency) as currency,
        sum(quantity_delta) as change_quantity,
        sum(value_delta) as change_value,
        coalesce(sum(quantity_delta) filter (where is_received), 0) as received_quantity,
        coalesce(sum(quantity_delta) filter (where kind = 'transfer'), 0) as transferred_quantity,
        coalesce(sum(quantity_delta) filter (where kind = 'production'), 0) as produced_quantity,
        -coalesce(sum(quantity_delta) filter (where is_use), 0) as actual_quantity,
        sum(price_variance) - coalesce(sum(value_delta) filter (where is_use), 0) as actual_value,
        -coalesce(sum(quantity_delta) filter (where kind = 'waste'), 0) as waste_quantity,
        -coalesce(sum(quantity_delta) filter (where is_other_use), 0) as other_use_quantity,
        -coalesce(sum(quantity_delta) filter (where is_booking_error), 0) as correction_quantity
    from used
    group by location_id, product_id, period_number
)

select * from final
