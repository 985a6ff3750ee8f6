{#- What was sent to a supplier and has not come yet, in stock units. -#}
with lines as (
    select * from {{ ref('int_purchase_order_lines_received') }}
),

product_units as (
    select * from {{ ref('int_product_units_expanded') }}
),

final as (
    select
        lines.purchase_order_line_id,
        lines.location_id,
        lines.product_id,
        lines.expected_on,
        cast(
            (lines.packs_ordered - lines.packs_received) * lines.pack_quantity
            * product_units.numerator / product_units.denominator
            as numeric(18, 6)
        ) as quantity
    from lines
    inner join product_units
        on lines.product_id = product_units.product_id and lines.pack_unit = product_units.unit
    where
        lines.status in ('sent', 'partially_received')
        and lines.complete_at is null
        and lines.packs_ordered > lines.packs_received
)

select * from final
