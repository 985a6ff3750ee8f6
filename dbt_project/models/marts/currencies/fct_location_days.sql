{{ config(indexes=[{'columns': ['location_id', 'business_day', 'currency'], 'unique': true}]) }}

{#- The one place where money changes its currency. A day without a rate has no reporting value: a sum must say so. -#}
with facts as (
    select location_id, business_day, currency, net_sales, 0 as stock_value, 0 as waste_value
    from {{ ref('int_sales_mapped') }}

    union all

    select location_id, business_day, currency, 0 as net_sales, value as stock_value, 0 as waste_value
    from {{ ref('fct_inventory_value_daily') }}

    union all

    select location_id, business_day, currency, 0 as net_sales, 0 as stock_value, value as waste_value
    from {{ ref('fct_waste') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

rates as (
    select * from {{ ref('fct_exchange_rates') }}
),

days as (
    select
        location_id,
        business_day,
        currency,
        sum(net_sales) as net_sales,
        sum(stock_value) as stock_value,
        sum(waste_value) as waste_value
    from facts
    group by location_id, business_day, currency
),

final as (
    select
        days.location_id,
        days.business_day,
        days.currency,
        cast(days.net_sales as numeric(18, 6)) as net_sales,
        cast(days.stock_value as numeric(18, 6)) as stock_value,
        cast(days.waste_value as numeric(18, 6)) as waste_value,
        {{ reporting_currency('locations') }} as reporting_currency,
        rates.rate,
        cast(days.net_sales * rates.rate as numeric(18, 6)) as reporting_net_sales,
        cast(days.stock_value * rates.rate as numeric(18, 6)) as reporting_stock_value,
        cast(days.waste_value * rates.rate as numeric(18, 6)) as reporting_waste_value,
        {{ load_id() }} as load_id
    from days
    left join rates
        on
            days.currency = rates.currency
            and days.business_day >= rates.valid_from
            and days.business_day <= coalesce(rates.valid_until, days.business_day)
)

select * from final
