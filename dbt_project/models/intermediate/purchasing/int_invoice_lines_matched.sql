{#-
    Each invoiced line with the ordered line it bills: the order by its number, the line by the supplier's article.
    `each` bills packs, unless the pack itself is counted in pieces; units of weight and volume are turned into packs.
-#}
with lines as (
    select * from {{ ref('stg_invoices__invoice_lines') }}
),

orders as (
    select * from {{ ref('stg_operational__purchase_orders') }}
),

order_lines as (
    select
        ordered.*,
        row_number() over (
            partition by ordered.purchase_order_id, ordered.product_id order by ordered.purchase_order_line_id
        ) as place
    from {{ ref('stg_operational__purchase_order_lines') }} as ordered
),

articles as (
    select supplier_id, supplier_sku, min(cast(product_id as text)) as product_id
    from {{ ref('stg_operational__supplier_products') }}
    where supplier_sku is not null
    group by supplier_id, supplier_sku
),

units as (
    select * from {{ ref('int_standard_units') }}
),

matched as (
    select
        lines.invoice_line_id,
        orders.supplier_id,
        orders.location_id,
        order_lines.purchase_order_line_id,
        order_lines.product_id,
        order_lines.packs_ordered,
        order_lines.packs_received,
        order_lines.price as agreed_price,
        case
            when lines.order_number is null then 'no_order_named'
            when orders.purchase_order_id is null then 'unknown_order'
            when order_lines.purchase_order_line_id is null then 'not_ordered'
            else 'matched'
        end as match_status,
        case
            when order_lines.purchase_order_line_id is null then null
            when lines.unit is null or (lines.unit = 'each' and billed_pack.family <> 'count') then lines.quantity
            when billed.family = billed_pack.family
                then lines.quantity * billed.base_quantity / (order_lines.pack_quantity * billed_pack.base_quantity)
        end as packs_invoiced
    from lines
    left join orders on lines.order_number = orders.number
    left join articles
        on orders.supplier_id = articles.supplier_id and lines.supplier_sku = articles.supplier_sku
    left join order_lines
        on
            orders.purchase_order_id = order_lines.purchase_order_id
            and articles.product_id = cast(order_lines.product_id as text)
            and order_lines.place = 1
    left join units as billed on lines.unit = billed.unit
    left join units as billed_pack on order_lines.pack_unit = billed_pack.unit
),

final as (
    select
        invoice_line_id,
        supplier_id,
        location_id,
        purchase_order_line_id,
        product_id,
        match_status,
        packs_ordered,
        packs_received,
        agreed_price,
        cast(packs_invoiced as numeric(18, 6)) as packs_invoiced
    from matched
)

select * from final
