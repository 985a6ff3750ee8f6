with source as (
    select * from {{ raw_table('operational', 'purchase_order_lines') }}
),

final as (
    select
        cast(id as uuid) as purchase_order_line_id,
        cast(purchase_order_id as uuid) as purchase_order_id,
        cast(product_id as uuid) as product_id,
        cast(pack_quantity as numeric(18, 6)) as pack_quantity,
        cast(pack_unit as text) as pack_unit,
        cast(packs_ordered as numeric(18, 6)) as packs_ordered,
        cast(packs_received as numeric(18, 6)) as packs_received,
        cast(price as numeric(18, 6)) as price,
        cast(completed_at as timestamptz) as completed_at
    from source
)

select * from final
