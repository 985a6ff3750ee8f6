{{ config(indexes=[
    {'columns': ['sale_line_id'], 'unique': true},
    {'columns': ['location_id', 'business_day']},
]) }}

with sales as (
    select * from {{ ref('int_sales_mapped') }}
),

final as (
    select
        sale_line_id,
        location_id,
        order_number,
        sold_at,
        business_day,
        menu_item_id,
        item_code,
        item_name,
        category,
        cast(quantity as numeric(18, 6)) as quantity,
        cast(unit_price as numeric(18, 6)) as unit_price,
        cast(net_sales as numeric(18, 6)) as net_sales,
        currency,
        source_file,
        source_line,
        loaded_at,
        {{ load_id() }} as load_id
    from sales
)

select * from final
