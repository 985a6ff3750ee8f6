{{ config(tags=['sales']) }}

with source as (
    select * from {{ raw_table('pos', 'order_lines') }}
),

final as (
    select
        cast(row_id as text) as sale_line_id,
        cast(location_id as uuid) as location_id,
        cast(location_code as text) as location_code,
        cast(order_number as text) as order_number,
        cast(ordered_at as timestamptz) as sold_at,
        cast(business_day as date) as business_day,
        cast(item_code as text) as item_code,
        cast(item_name as text) as item_name,
        cast(category as text) as category,
        cast(quantity as numeric(18, 6)) as quantity,
        cast(unit_price as numeric(18, 6)) as unit_price,
        cast(line_total as numeric(18, 6)) as net_sales,
        cast(source_file as text) as source_file,
        cast(source_line as integer) as source_line,
        cast(loaded_at as timestamptz) as loaded_at
    from source
)

select * from final
