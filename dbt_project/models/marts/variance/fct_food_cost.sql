{{ config(indexes=[{'columns': ['location_id', 'period'], 'unique': true}]) }}

{#-
    A month's use at cost over its net sales. What counts still move belongs to the day of the count. What a batch took is
    in the product it made, so the two cancel out until that is sold.
-#}
with movements as (
    select * from {{ ref('int_location_movements_daily') }}
),

sales as (
    select
        location_id,
        cast(date_trunc('month', business_day) as date) as period,
        sum(net_sales) as net_sales,
        sum(case when menu_item_id is null then net_sales else 0 end) as unmapped_sales
    from {{ ref('int_sales_mapped') }}
    group by location_id, cast(date_trunc('month', business_day) as date)
),

theoretical as (
    select
        location_id,
        period,
        sum(plate_cost) as theoretical_cost
    from {{ ref('int_item_sales_monthly') }}
    group by location_id, period
),

used as (
    select
        location_id,
        cast(date_trunc('month', business_day) as date) as period,
        max(currency) as currency,
        sum(price_variance) - sum(value_delta) as use_value,
        -sum(case when kind = 'waste' then value_delta else 0 end) as waste_value
    from movements
    where kind in ('sale', 'consumption', 'production', 'waste', 'count_correction', 'adjustment', 'price_variance')
    group by location_id, cast(date_trunc('month', business_day) as date)
),

final as (
    select
        used.location_id,
        used.period,
        used.currency,
        cast(used.use_value as numeric(18, 6)) as use_value,
        cast(used.waste_value as numeric(18, 6)) as waste_value,
        cast(theoretical.theoretical_cost as numeric(18, 6)) as theoretical_cost,
        cast(coalesce(sales.net_sales, 0) as numeric(18, 6)) as net_sales,
        cast(coalesce(sales.unmapped_sales, 0) as numeric(18, 6)) as unmapped_sales,
        cast(used.use_value / nullif(sales.net_sales, 0) as numeric(12, 6)) as food_cost_rate,
        cast(theoretical.theoretical_cost / nullif(sales.net_sales, 0) as numeric(12, 6)) as theoretical_rate,
        {{ load_id() }} as load_id
    from used
    left join sales on used.location_id = sales.location_id and used.period = sales.period
    left join theoretical on used.location_id = theoretical.location_id and used.period = theoretical.period
)

select * from final
