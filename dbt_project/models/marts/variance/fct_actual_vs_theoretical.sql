{{ config(indexes=[
    {'columns': ['location_id', 'product_id', 'period_number'], 'unique': true},
    {'columns': ['location_id', 'end_day']},
]) }}

with periods as (
    select * from {{ ref('int_usage_periods') }}
),

theoretical as (
    select * from {{ ref('int_theoretical_by_period') }}
),

sold as (
    select * from {{ ref('int_units_sold_by_period') }}
),

products as (
    select * from {{ ref('stg_operational__products') }}
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

priced as (
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
),

-- Without sales in the baseline there is no mix to compare with, and volume takes all.
valued as (
    select
        *,
        actual_quantity - theoretical_quantity - waste_quantity - other_use_quantity - correction_quantity
            as unexplained_quantity,
        case when baseline_units_sold = 0 then quantity_at_old_recipes - baseline_quantity
        else (units_sold / baseline_units_sold - 1) * baseline_quantity end as volume_quantity,
        case when baseline_units_sold = 0 then 0
        else quantity_at_old_recipes - baseline_quantity * units_sold / baseline_units_sold end as mix_quantity,
        theoretical_quantity - quantity_at_old_recipes as recipe_change_quantity
    from priced
),

rounded as (
    select
        *,
        cast(actual_value as numeric(18, 6)) as actual_money,
        cast(baseline_quantity * baseline_unit_cost as numeric(18, 6)) as baseline_value,
        cast(volume_quantity * baseline_unit_cost as numeric(18, 6)) as volume_value,
        cast(mix_quantity * baseline_unit_cost as numeric(18, 6)) as mix_value,
        cast(recipe_change_quantity * baseline_unit_cost as numeric(18, 6)) as recipe_change_value,
        cast(waste_quantity * baseline_unit_cost as numeric(18, 6)) as waste_value,
        cast(other_use_quantity * baseline_unit_cost as numeric(18, 6)) as other_use_value,
        cast(correction_quantity * baseline_unit_cost as numeric(18, 6)) as count_correction_value,
        cast(unexplained_quantity * baseline_unit_cost as numeric(18, 6)) as unexplained_value
    from valued
),

final as (
    select
        rounded.location_id,
        rounded.product_id,
        cast(rounded.period_number as integer) as period_number,
        rounded.started_at,
        rounded.ended_at,
        rounded.start_day,
        rounded.end_day,
        products.stock_unit as unit,
        rounded.currency,
        cast(rounded.opening_quantity as numeric(18, 6)) as opening_quantity,
        cast(rounded.received_quantity as numeric(18, 6)) as received_quantity,
        cast(rounded.transferred_quantity as numeric(18, 6)) as transferred_quantity,
        cast(rounded.produced_quantity as numeric(18, 6)) as produced_quantity,
        cast(rounded.opening_quantity + rounded.change_quantity as numeric(18, 6)) as closing_quantity,
        cast(rounded.actual_quantity as numeric(18, 6)) as actual_quantity,
        cast(rounded.theoretical_quantity as numeric(18, 6)) as theoretical_quantity,
        cast(rounded.waste_quantity as numeric(18, 6)) as waste_quantity,
        cast(rounded.other_use_quantity as numeric(18, 6)) as other_use_quantity,
        cast(rounded.correction_quantity as numeric(18, 6)) as correction_quantity,
        cast(rounded.unexplained_quantity as numeric(18, 6)) as unexplained_quantity,
        cast(rounded.units_sold as numeric(18, 6)) as units_sold,
        cast(rounded.baseline_units_sold as numeric(18, 6)) as baseline_units_sold,
        cast(rounded.baseline_quantity as numeric(18, 6)) as baseline_quantity,
        cast(rounded.unit_cost as numeric(24, 12)) as unit_cost,
        cast(rounded.baseline_unit_cost as numeric(24, 12)) as baseline_unit_cost,
        rounded.is_price_assumed,
        cast(rounded.opening_value as numeric(18, 6)) as opening_value,
        cast(rounded.opening_value + rounded.change_value as numeric(18, 6)) as closing_value,
        rounded.actual_money as actual_value,
        cast(rounded.theoretical_quantity * rounded.baseline_unit_cost as numeric(18, 6)) as theoretical_value,
        rounded.baseline_value,
        rounded.volume_value,
        rounded.mix_value,
        rounded.recipe_change_value,
        rounded.waste_value,
        rounded.other_use_value,
        rounded.count_correction_value,
        rounded.unexplained_value,
        -- What is left of the difference is the price; the last digit of each rounded part with it, so that they sum.
        cast(
            rounded.actual_money - rounded.baseline_value - rounded.volume_value - rounded.mix_value
            - rounded.recipe_change_value - rounded.waste_value - rounded.other_use_value
            - rounded.count_correction_value - rounded.unexplained_value
            as numeric(18, 6)
        ) as price_value,
        {{ load_id() }} as load_id
    from rounded
    inner join products on rounded.product_id = products.product_id
)

select * from final
