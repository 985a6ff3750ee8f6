{{ config(indexes=[{'columns': ['location_id', 'product_id', 'business_day'], 'unique': true}]) }}

{#-
    Days on which a product was out while the location traded. Expected use is the median of the last eight same weekdays;
    what was lost is its share for the hours out less what was sold in them, at the net sales that a stock unit brings.
-#}
with outs as (
    select * from {{ ref('int_stockout_days') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

revenue as (
    select * from {{ ref('int_revenue_per_unit') }}
),

products as (
    select * from {{ ref('stg_operational__products') }}
),

expected as (
    select
        outs.location_id,
        outs.product_id,
        outs.business_day,
        cast(percentile_cont(0.5) within group (order by usage.quantity) as numeric(24, 9)) as quantity
    from outs
    inner join usage
        on
            outs.location_id = usage.location_id
            and outs.product_id = usage.product_id
            and usage.business_day between outs.business_day - 56 and outs.business_day - 7
            and extract(isodow from usage.business_day) = extract(isodow from outs.business_day)
    group by outs.location_id, outs.product_id, outs.business_day
),

lost as (
    select
        outs.*,
        coalesce(expected.quantity, 0) as expected_quantity,
        greatest(
            coalesce(expected.quantity, 0) * outs.hours_out / outs.trading_hours - outs.quantity_sold_while_out, 0
        ) as lost_quantity
    from outs
    left join expected
        on
            outs.location_id = expected.location_id
            and outs.product_id = expected.product_id
            and outs.business_day = expected.business_day
),

final as (
    select
        lost.location_id,
        lost.product_id,
        lost.business_day,
        cast(lost.hours_out as numeric(9, 3)) as hours_out,
        cast(lost.trading_hours as numeric(9, 3)) as trading_hours,
        cast(lost.expected_quantity as numeric(18, 6)) as expected_quantity,
        cast(lost.quantity_sold_while_out as numeric(18, 6)) as quantity_sold_while_out,
        cast(lost.lost_quantity as numeric(18, 6)) as lost_quantity,
        products.stock_unit as unit,
        cast(lost.lost_quantity * coalesce(revenue.revenue_per_unit, 0) as numeric(18, 6)) as lost_sales,
        lost.currency,
        {{ load_id() }} as load_id
    from lost
    inner join products on lost.product_id = products.product_id
    left join revenue
        on
            lost.location_id = revenue.location_id
            and lost.product_id = revenue.product_id
            and date_trunc('month', lost.business_day) = revenue.period
)

select * from final
