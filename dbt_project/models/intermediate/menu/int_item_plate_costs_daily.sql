{#- What the portions of an item sold on a day should have cost; `is_complete` says that every ingredient had a cost. -#}
with usage as (
    select * from {{ ref('int_theoretical_usage_daily') }}
),

costs as (
    select * from {{ ref('int_unit_costs_daily') }}
),

final as (
    select
        usage.location_id,
        usage.business_day,
        usage.menu_item_id,
        sum(usage.quantity * costs.unit_cost) as plate_cost,
        bool_and(costs.unit_cost is not null) as is_complete
    from usage
    left join costs
        on
            usage.location_id = costs.location_id
            and usage.product_id = costs.product_id
            and usage.business_day = costs.business_day
    group by usage.location_id, usage.business_day, usage.menu_item_id
)

select * from final
