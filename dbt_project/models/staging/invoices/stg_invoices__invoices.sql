with source as (
    select * from {{ raw_table('invoices', 'invoices') }}
),

final as (
    select
        cast(document_id as text) as document_id,
        cast(kind as text) as kind,
        cast(sign as integer) as sign,
        cast(standard as text) as standard,
        cast(number as text) as number,
        cast(supplier_key as text) as supplier_key,
        cast(supplier_code as text) as supplier_code,
        cast(supplier_name as text) as supplier_name,
        cast(supplier_gln as text) as supplier_gln,
        cast(supplier_vat as text) as supplier_vat,
        cast(buyer_name as text) as buyer_name,
        cast(buyer_gln as text) as buyer_gln,
        cast(buyer_vat as text) as buyer_vat,
        cast(issued_on as date) as issued_on,
        cast(due_on as date) as due_on,
        cast(currency as text) as currency,
        cast(order_number as text) as order_number,
        cast(invoice_number as text) as invoice_number,
        cast(lines_total as numeric(18, 6)) as lines_total,
        cast(allowances as numeric(18, 6)) as allowances,
        cast(charges as numeric(18, 6)) as charges,
        cast(tax_exclusive as numeric(18, 6)) as tax_exclusive,
        cast(tax as numeric(18, 6)) as tax,
        cast(tax_inclusive as numeric(18, 6)) as tax_inclusive,
        cast(prepaid as numeric(18, 6)) as prepaid,
        cast(rounding as numeric(18, 6)) as rounding,
        cast(payable as numeric(18, 6)) as payable,
        cast(line_count as integer) as line_count,
        cast(loaded_at as timestamptz) as loaded_at
    from source
)

select * from final
