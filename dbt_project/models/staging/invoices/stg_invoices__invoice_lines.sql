with source as (
    select * from {{ raw_table('invoices', 'invoice_lines') }}
),

final as (
    select
        cast(line_id as text) as invoice_line_id,
        cast(document_id as text) as document_id,
        cast(position as integer) as position,
        cast(line_number as text) as line_number,
        cast(sign as integer) as sign,
        cast(item_name as text) as item_name,
        cast(gtin as text) as gtin,
        cast(supplier_sku as text) as supplier_sku,
        cast(buyer_sku as text) as buyer_sku,
        cast(quantity as numeric(28, 12)) as quantity,
        cast(unit_code as text) as unit_code,
        cast(unit as text) as unit,
        cast(price as numeric(28, 12)) as price,
        cast(price_quantity as numeric(28, 12)) as price_quantity,
        cast(net_amount as numeric(18, 6)) as net_amount,
        cast(allowances as numeric(18, 6)) as allowances,
        cast(charges as numeric(18, 6)) as charges,
        cast(tax_category as text) as tax_category,
        cast(tax_rate as numeric(18, 6)) as tax_rate,
        cast(order_number as text) as order_number,
        cast(order_line as text) as order_line,
        cast(loaded_at as timestamptz) as loaded_at
    from source
)

select * from final
