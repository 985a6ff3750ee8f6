{{ config(indexes=[
    {'columns': ['location_id', 'product_id', 'period_number'], 'unique': true},
    {'columns': ['location_id', 'end_day']},
]) }}

with rounded as (
    select * from {{ ref('int_usage_parts') }}
),

products as (
    select * from {{ ref('stg_operational__products') }}
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
