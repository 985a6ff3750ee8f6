{{ config(tags=['sales'], indexes=[{'columns': ['location_id', 'business_day']}]) }}

with lines as (
    select * from {{ ref('stg_pos__order_lines') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

menu_items as (
    select * from {{ ref('stg_operational__menu_items') }}
),

final as (
    select
        lines.sale_line_id,
        lines.location_id,
        lines.order_number,
        lines.sold_at,
        {{ business_day('lines.sold_at', 'locations.time_zone', 'locations.day_cutoff') }} as business_day,
        menu_items.menu_item_id,
        lines.item_code,
        lines.item_name,
        lines.category,
        lines.quantity,
        lines.unit_price,
        lines.net_sales,
        locations.currency,
        lines.source_file,
        lines.source_line,
        lines.loaded_at
    from lines
    inner join locations on lines.location_id = locations.location_id
    left join menu_items on lines.item_code = menu_items.code
)

select * from final
