{#- Trading hours without a product, and what the sales in those hours should have taken of it all the same. -#}
with spells as (
    select
        location_id,
        product_id,
        began_at,
        coalesce(ended_at, greatest(began_at, current_timestamp)) as ended_at -- out to this moment
    from {{ ref('int_stockout_spells') }}
),

trading as (
    select * from {{ ref('int_trading_hours') }}
),

days_out as materialized ( -- else a spell is compared with every day of its location
    select
        spells.*,
        cast(day.business_day as date) as business_day
    from spells
    cross join lateral generate_series( -- hours of business days from two before to one after may be meant, whatever the zone
        cast(spells.began_at at time zone 'UTC' as date) - 2,
        cast(spells.ended_at at time zone 'UTC' as date) + 1,
        interval '1 day'
    ) as day (business_day)
),

closed_out as (
    select
        days_out.location_id,
        days_out.product_id,
        trading.business_day,
        trading.currency,
        trading.opened_at,
        trading.closed_at,
        greatest(days_out.began_at, trading.opened_at) as out_from,
        least(days_out.ended_at, trading.closed_at) as out_until
    from days_out
    inner join trading
        on
            days_out.location_id = trading.location_id
            and days_out.business_day = trading.business_day
            and days_out.began_at < trading.closed_at
            and days_out.ended_at > trading.opened_at
),

sales as (
    select * from {{ ref('int_sales_mapped') }}
),

recipes as (
    select * from {{ ref('int_recipes_exploded') }}
),

sold as (
    select
        closed_out.location_id,
        closed_out.product_id,
        closed_out.business_day,
        sum(sales.quantity * recipes.gross_quantity) as quantity
    from closed_out
    inner join sales
        on
            closed_out.location_id = sales.location_id
            and closed_out.business_day = sales.business_day
            and sales.sold_at >= closed_out.out_from
            and sales.sold_at < closed_out.out_until
    inner join recipes
        on
            sales.menu_item_id = recipes.menu_item_id
            and closed_out.product_id = recipes.product_id
            and sales.business_day >= recipes.era_from
            and (recipes.era_until is null or sales.business_day < recipes.era_until)
    group by closed_out.location_id, closed_out.product_id, closed_out.business_day
),

days as (
    select
        location_id,
        product_id,
        business_day,
        max(currency) as currency,
        cast(sum(extract(epoch from out_until - out_from)) / 3600 as numeric(12, 6)) as hours_out,
        cast(max(extract(epoch from closed_at - opened_at)) / 3600 as numeric(12, 6)) as trading_hours
    from closed_out
    group by location_id, product_id, business_day
),

final as (
    select
        days.*,
        cast(coalesce(sold.quantity, 0) as numeric(18, 6)) as quantity_sold_while_out
    from days
    left join sold
        on
            days.location_id = sold.location_id
            and days.product_id = sold.product_id
            and days.business_day = sold.business_day
)

select * from final
