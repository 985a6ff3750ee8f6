with source as (
    select * from {{ raw_table('operational', 'recipes') }}
),

final as (
    select
        cast(id as uuid) as recipe_id,
        cast(menu_item_id as uuid) as menu_item_id,
        cast(product_id as uuid) as makes_product_id,
        cast(yield_quantity as numeric(18, 6)) as yield_quantity,
        cast(yield_unit as text) as yield_unit,
        cast(effective_from as date) as effective_from,
        cast(effective_to as date) as effective_to,
        coalesce(cast(is_stocked as boolean), false) as is_stocked
    from source
)

select * from final
