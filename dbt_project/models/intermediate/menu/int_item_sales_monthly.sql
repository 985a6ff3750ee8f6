{#- An item at a location in a month: portions, money, and what its portions should have cost. -#}
with sales as (
    select
        location_id,
        business_day,
        menu_item_id,
        max(currency) as currency,
        sum(quantity) as units,
        sum(net_sales) as net_sales
    from {{ ref('int_sales_mapped') }}
    where menu_item_id is not null
    group by location_id, business_day, menu_item_id
),

costs as (
    select * from {{ ref('int_item_plate_costs_daily') }}
),

menu_items as (
    select * from {{ ref('stg_operational__menu_items') }}
),

final as (
    select
        sales.location_id,
        cast(date_trunc('month', sales.business_day) as date) as period,
        sales.menu_item_id,
        menu_items.category,
        max(sales.currency) as currency,
        sum(sales.units) as units,
        sum(sales.net_sales) as net_sales,
        sum(costs.plate_cost) as plate_cost,
        bool_and(coalesce(costs.is_complete, false)) as is_cost_complete
    from sales
    inner join menu_items on sales.menu_item_id = menu_items.menu_item_id
    left join costs
        on
            sales.location_id = costs.location_id
            and sales.business_day = costs.business_day
            and sales.menu_item_id = costs.menu_item_id
    group by sales.location_id, cast(date_trunc('month', sales.business_day) as date), sales.menu_item_id, menu_items.category
)

select * from final
