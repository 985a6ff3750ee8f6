{{ config(indexes=[
    {'columns': ['inventory_item_id', 'business_day'], 'unique': true},
    {'columns': ['location_id', 'business_day']},
]) }}

with balances as (
    select * from {{ ref('int_stock_on_hand_daily') }}
),

products as (
    select * from {{ ref('stg_operational__products') }}
),

items as (
    select * from {{ ref('stg_operational__inventory_items') }}
),

final as (
    select
        balances.inventory_item_id,
        balances.business_day,
        balances.product_id,
        balances.location_id,
        balances.area_id,
        cast(balances.on_hand as numeric(18, 6)) as on_hand,
        products.stock_unit as unit,
        cast(balances.value as numeric(18, 6)) as value,
        balances.currency,
        items.reorder_point,
        coalesce(balances.on_hand < items.reorder_point, false) as is_below_reorder,
        {{ load_id() }} as load_id
    from balances
    inner join products on balances.product_id = products.product_id
    left join items on balances.inventory_item_id = items.inventory_item_id
)

select * from final
