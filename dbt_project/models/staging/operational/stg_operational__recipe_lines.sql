with source as (
    select * from {{ raw_table('operational', 'recipe_lines') }}
),

final as (
    select
        cast(id as uuid) as recipe_line_id,
        cast(recipe_id as uuid) as recipe_id,
        cast(product_id as uuid) as product_id,
        cast(quantity as numeric) as quantity,
        cast(unit as text) as unit,
        cast(yield_fraction as numeric) as yield_fraction
    from source
)

select * from final
