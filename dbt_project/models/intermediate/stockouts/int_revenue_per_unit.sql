{#- Net sales of the dishes that need a product, per stock unit of it, by month. -#}
with usage as (
    select
        location_id,
        product_id,
        menu_item_id,
        cast(date_trunc('month', business_day) as date) as period,
        sum(quantity) as quantity
    from {{ ref('int_theoretical_usage_daily') }}
    group by location_id, product_id, menu_item_id, cast(date_trunc('month', business_day) as date)
),

sales as (
    select * from {{ ref('int_item_sales_monthly') }}
),

final as (
    select
        usage.location_id,
        usage.product_id,
        usage.period,
        sum(sales.net_sales) / nullif(sum(usage.quantity), 0) as revenue_per_unit
    from usage
    inner join sales
        on
            usage.location_id = sales.location_id
            and usage.menu_item_id = sales.menu_item_id
            and usage.period = sales.period
    group by usage.location_id, usage.product_id, usage.period
)

select * from final
