with menu_items as (
    select * from {{ ref('stg_operational__menu_items') }}
),

final as (
    select
        menu_item_id,
        code,
        name,
        category,
        cast(price as numeric(18, 6)) as price,
        is_active,
        {{ load_id() }} as load_id
    from menu_items
)

select * from final
