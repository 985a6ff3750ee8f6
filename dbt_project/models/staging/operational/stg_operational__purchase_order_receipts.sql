with source as (
    select * from {{ raw_table('operational', 'purchase_order_receipts') }}
),

final as (
    select
        cast(id as uuid) as purchase_order_receipt_id,
        cast(purchase_order_line_id as uuid) as purchase_order_line_id,
        cast(packs as numeric(18, 6)) as packs,
        cast(price as numeric(18, 6)) as price,
        cast(occurred_at as timestamptz) as occurred_at
    from source
)

select * from final
