{{ config(tags=['sales']) }}

with sales as (
    select * from {{ ref('int_sales_mapped') }}
),

final as (
    select
        location_id,
        business_day,
        item_code,
        menu_item_id,
        cast(sum(quantity) as numeric(18, 6)) as quantity
    from sales
    group by location_id, business_day, item_code, menu_item_id
)

select * from final
