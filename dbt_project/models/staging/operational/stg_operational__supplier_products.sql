with source as (
    select * from {{ raw_table('operational', 'supplier_products') }}
),

final as (
    select
        cast(id as uuid) as supplier_product_id,
        cast(supplier_id as uuid) as supplier_id,
        cast(product_id as uuid) as product_id,
        cast(supplier_sku as text) as supplier_sku,
        cast(pack_quantity as numeric(18, 6)) as pack_quantity,
        cast(pack_unit as text) as pack_unit,
        cast(price as numeric(18, 6)) as price,
        cast(currency as text) as currency,
        cast(is_preferred as boolean) as is_preferred,
        cast(is_active as boolean) as is_active
    from source
)

select * from final
