{{ config(indexes=[
    {'columns': ['invoice_line_id'], 'unique': true},
    {'columns': ['location_id', 'issued_on']},
]) }}

with lines as (
    select * from {{ ref('stg_invoices__invoice_lines') }}
),

invoices as (
    select * from {{ ref('stg_invoices__invoices') }}
),

suppliers as (
    select * from {{ ref('stg_operational__suppliers') }}
),

matches as (
    select * from {{ ref('int_invoice_lines_matched') }}
),

joined as (
    select
        lines.*,
        invoices.kind,
        invoices.number,
        invoices.supplier_name,
        invoices.issued_on,
        cast(invoices.loaded_at at time zone 'UTC' as date) as known_on,
        invoices.currency,
        coalesce(matches.supplier_id, suppliers.supplier_id) as supplier_id,
        matches.location_id,
        matches.product_id,
        matches.purchase_order_line_id,
        matches.match_status,
        matches.packs_ordered,
        matches.packs_received,
        matches.agreed_price,
        lines.sign * lines.net_amount as signed_amount,
        lines.sign * matches.packs_invoiced as signed_packs,
        lines.net_amount / nullif(matches.packs_invoiced, 0) as invoiced_price
    from lines
    inner join invoices on lines.document_id = invoices.document_id
    inner join matches on lines.invoice_line_id = matches.invoice_line_id
    left join suppliers on invoices.supplier_code = suppliers.code
),

billed as (
    select
        *,
        case
            when purchase_order_line_id is not null
                then sum(signed_packs) over (partition by purchase_order_line_id)
        end as packs_billed
    from joined
),

final as (
    select
        invoice_line_id,
        document_id,
        kind,
        number,
        issued_on,
        known_on,
        supplier_id,
        supplier_name,
        location_id,
        order_number,
        purchase_order_line_id,
        product_id,
        match_status,
        line_number,
        supplier_sku,
        item_name,
        cast(sign * quantity as numeric(18, 6)) as quantity,
        unit_code,
        cast(signed_amount as numeric(18, 6)) as amount,
        currency,
        cast(signed_packs as numeric(18, 6)) as packs_invoiced,
        cast(packs_billed as numeric(18, 6)) as packs_billed,
        packs_ordered,
        packs_received,
        cast(packs_billed - packs_ordered as numeric(18, 6)) as packs_over_order,
        cast(packs_billed - packs_received as numeric(18, 6)) as packs_over_receipt,
        cast(invoiced_price as numeric(18, 6)) as invoiced_price,
        agreed_price,
        cast(invoiced_price - agreed_price as numeric(18, 6)) as price_difference,
        cast(signed_amount - signed_packs * agreed_price as numeric(18, 6)) as amount_over_agreed,
        {{ load_id() }} as load_id
    from billed
)

select * from final
