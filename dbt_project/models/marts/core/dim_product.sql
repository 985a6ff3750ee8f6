with products as (
    select * from {{ ref('stg_operational__products') }}
),

final as (
    select
        product_id,
        sku,
        name,
        category,
        stock_unit,
        tracks_lots,
        is_active,
        {{ load_id() }} as load_id
    from products
)

select * from final
