with source as (
    select * from {{ raw_table('operational', 'products') }}
),

final as (
    select
        cast(id as uuid) as product_id,
        cast(sku as text) as sku,
        cast(name as text) as name,
        cast(category as text) as category,
        cast(stock_unit as text) as stock_unit,
        cast(tracks_lots as boolean) as tracks_lots,
        cast(is_active as boolean) as is_active
    from source
)

select * from final
