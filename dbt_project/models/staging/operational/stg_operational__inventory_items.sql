with source as (
    select * from {{ raw_table('operational', 'inventory_items') }}
),

final as (
    select
        cast(id as uuid) as inventory_item_id,
        cast(product_id as uuid) as product_id,
        cast(location_id as uuid) as location_id,
        cast(area_id as uuid) as area_id,
        cast(on_hand as numeric(18, 6)) as on_hand,
        cast(reorder_point as numeric(18, 6)) as reorder_point,
        cast(avg_cost as numeric(18, 6)) as avg_cost,
        cast(currency as text) as currency
    from source
)

select * from final
