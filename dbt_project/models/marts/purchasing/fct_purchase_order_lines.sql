{{ config(indexes=[
    {'columns': ['purchase_order_line_id'], 'unique': true},
    {'columns': ['location_id', 'expected_on']},
]) }}

with lines as (
    select * from {{ ref('int_purchase_order_lines_received') }}
),

final as (
    select
        purchase_order_line_id,
        purchase_order_id,
        number,
        supplier_id,
        location_id,
        product_id,
        status,
        ordered_at,
        sent_at,
        expected_on,
        completed_at,
        cast(packs_ordered as numeric(18, 6)) as packs_ordered,
        cast(packs_received as numeric(18, 6)) as packs_received,
        cast(pack_quantity as numeric(18, 6)) as pack_quantity,
        pack_unit,
        cast(price as numeric(18, 6)) as price,
        cast(ordered_value as numeric(18, 6)) as ordered_value,
        cast(received_value as numeric(18, 6)) as received_value,
        currency,
        is_due,
        is_on_time,
        is_in_full,
        is_at_agreed_price,
        {{ load_id() }} as load_id
    from lines
)

select * from final
