{{ config(indexes=[
    {'columns': ['location_id', 'business_day', 'product_id', 'menu_item_id'], 'unique': true},
]) }}

with usage as (
    select * from {{ ref('int_theoretical_usage_daily') }}
),

products as (
    select * from {{ ref('stg_operational__products') }}
),

final as (
    select
        usage.location_id,
        usage.business_day,
        usage.product_id,
        usage.menu_item_id,
        cast(usage.quantity as numeric(18, 6)) as quantity,
        products.stock_unit as unit,
        {{ load_id() }} as load_id
    from usage
    inner join products on usage.product_id = products.product_id
)

select * from final
