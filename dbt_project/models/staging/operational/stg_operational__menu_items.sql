{{ config(tags=['sales']) }}

with source as (
    select * from {{ raw_table('operational', 'menu_items') }}
),

final as (
    select
        cast(id as uuid) as menu_item_id,
        cast(code as text) as code,
        cast(name as text) as name,
        cast(category as text) as category,
        cast(price as numeric(18, 6)) as price,
        cast(is_active as boolean) as is_active
    from source
)

select * from final
