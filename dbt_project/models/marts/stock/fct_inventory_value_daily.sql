{{ config(indexes=[{'columns': ['location_id', 'business_day', 'category', 'currency'], 'unique': true}]) }}

with balances as (
    select * from {{ ref('int_stock_on_hand_daily') }}
),

products as (
    select * from {{ ref('stg_operational__products') }}
),

final as (
    select
        balances.location_id,
        balances.business_day,
        products.category,
        balances.currency,
        cast(sum(balances.value) as numeric(18, 6)) as value,
        cast(count(*) filter (where balances.on_hand > 0) as integer) as items_in_stock,
        cast(count(*) filter (where balances.on_hand < 0) as integer) as items_below_zero,
        {{ load_id() }} as load_id
    from balances
    inner join products on balances.product_id = products.product_id
    group by balances.location_id, balances.business_day, products.category, balances.currency
)

select * from final
