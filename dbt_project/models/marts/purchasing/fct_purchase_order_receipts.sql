{{ config(indexes=[
    {'columns': ['purchase_order_receipt_id'], 'unique': true},
    {'columns': ['purchase_order_line_id']},
]) }}

with receipts as (
    select * from {{ ref('stg_operational__purchase_order_receipts') }}
),

lines as (
    select * from {{ ref('int_purchase_order_lines_received') }}
),

final as (
    select
        receipts.purchase_order_receipt_id,
        receipts.purchase_order_line_id,
        lines.location_id,
        lines.product_id,
        receipts.packs,
        receipts.price,
        lines.currency,
        receipts.occurred_at,
        {{ load_id() }} as load_id
    from receipts
    inner join lines on receipts.purchase_order_line_id = lines.purchase_order_line_id
)

select * from final
