{#- The difference to the period before, part by part, in quantities and at the baseline's cost. -#}
with compared as (
    select * from {{ ref('int_usage_periods_compared') }}
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
    from compared
),

final as (
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
)

select * from final
