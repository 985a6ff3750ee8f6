{#- What is there of each product at each location, over all its areas, and how its preferred supplier delivers. -#}
with balances as (
    {{ last_rows(ref('int_stock_on_hand_daily')) }}
),

supplier_products as (
    select * from {{ ref('stg_operational__supplier_products') }}
),

suppliers as (
    select * from {{ ref('stg_operational__suppliers') }}
),

newest as (
    select
        *,
        row_number() over (partition by inventory_item_id order by business_day desc) as place
    from balances
),

stock as (
    select
        location_id,
        product_id,
        cast(sum(on_hand) as numeric(18, 6)) as on_hand
    from newest
    where place = 1
    group by location_id, product_id
),

offers as (
    select
        supplier_products.product_id,
        suppliers.supplier_id,
        suppliers.lead_time_days,
        -- "[1, 3, 5]" and "{1,3,5}" both become "135": ISO weekdays, Monday is 1.
        regexp_replace(suppliers.delivery_weekdays, '[^1-7]', '', 'g') as delivery_weekdays,
        row_number() over (
            partition by supplier_products.product_id
            order by supplier_products.is_preferred desc, suppliers.lead_time_days, suppliers.supplier_id
        ) as place
    from supplier_products
    inner join suppliers on supplier_products.supplier_id = suppliers.supplier_id
    where supplier_products.is_active
),

final as (
    select
        stock.location_id,
        stock.product_id,
        stock.on_hand,
        offers.supplier_id,
        offers.lead_time_days,
        offers.delivery_weekdays
    from stock
    left join offers on stock.product_id = offers.product_id and offers.place = 1
)

select * from final
