with source as (
    select * from {{ raw_table('operational', 'recipe_lines') }}
),

final as (
    select
        cast(id as uuid) as recipe_line_id,
        cast(recipe_id as uuid) as recipe_id,
        cast(product_id as uuid) as product_id,
        cast(quantity as numeric(18, 6)) as quantity,
        cast(unit as text) as unit,
        cast(yield_fraction as numeric(18, 6)) as yield_fraction
    from source
)

select * from final
