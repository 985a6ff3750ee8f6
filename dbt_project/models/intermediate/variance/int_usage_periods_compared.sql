{#- Each period beside the one before, with the cost per stock unit that it is compared by. -#}
with periods as (
    select * from {{ ref('int_usage_periods') }}
),

theoretical as (
    select * from {{ ref('int_theoretical_by_period') }}
),

sold as (
    select * from {{ ref('int_units_sold_by_period') }}
),

measured as (
    select
        periods.*,
        coalesce(theoretical.theoretical_quantity, 0) as theoretical_quantity,
        coalesce(theoretical.baseline_quantity, 0) as baseline_quantity,
        coalesce(theoretical.quantity_at_old_recipes, 0) as quantity_at_old_recipes,
        coalesce(sold.units_sold, 0) as units_sold,
        coalesce(before.units_sold, 0) as baseline_units_sold,
        case
            when periods.actual_quantity > 0 and periods.actual_value > 0
                then periods.actual_value / periods.actual_quantity
        end as unit_cost
    from periods
    left join theoretical
        on
            periods.location_id = theoretical.location_id
            and periods.product_id = theoretical.product_id
            and periods.period_number = theoretical.period_number
    left join sold
        on
            periods.location_id = sold.location_id
            and periods.product_id = sold.product_id
            and periods.period_number = sold.period_number
    left join sold as before
        on
            periods.location_id = before.location_id
            and periods.product_id = before.product_id
            and periods.period_number = before.period_number + 1
),

-- Each known price opens a stretch that lasts to the next one; a period's baseline is the price before its own.
stretches as (
    select
        *,
        count(unit_cost) over (
            partition by location_id, product_id order by period_number
            rows between unbounded preceding and 1 preceding
        ) as prices_before
    from measured
),

prices as (
    select
        location_id,
        product_id,
        unit_cost,
        row_number() over (partition by location_id, product_id order by period_number) as place
    from measured
    where unit_cost is not null
),

final as (
    select
        stretches.*,
        coalesce(last_price.unit_cost, first_price.unit_cost, 0) as baseline_unit_cost,
        last_price.unit_cost is null as is_price_assumed
    from stretches
    left join prices as last_price
        on
            stretches.location_id = last_price.location_id
            and stretches.product_id = last_price.product_id
            and stretches.prices_before = last_price.place
    left join prices as first_price
        on
            stretches.location_id = first_price.location_id
            and stretches.product_id = first_price.product_id
            and first_price.place = 1
    where stretches.ended_at is not null
)

select * from final
