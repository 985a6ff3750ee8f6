{#- Gross stock units of an ingredient for one portion, or for one stock unit of what the kitchen makes. -#}
with recipes as (
    select * from {{ ref('stg_operational__recipes') }}
),

recipe_lines as (
    select * from {{ ref('stg_operational__recipe_lines') }}
),

product_units as (
    select * from {{ ref('int_product_units_expanded') }}
),

outputs as (
    select
        recipes.recipe_id,
        recipes.menu_item_id,
        recipes.makes_product_id,
        case
            when recipes.menu_item_id is not null then recipes.yield_quantity
            else recipes.yield_quantity * made.numerator / made.denominator
        end as output_quantity
    from recipes
    left join product_units as made
        on recipes.makes_product_id = made.product_id and recipes.yield_unit = made.unit
),

final as (
    select
        recipe_lines.recipe_line_id,
        outputs.recipe_id,
        outputs.menu_item_id,
        outputs.makes_product_id,
        recipe_lines.product_id,
        cast(
            recipe_lines.quantity * used.numerator
            / (used.denominator * recipe_lines.yield_fraction * outputs.output_quantity)
            as numeric(30, 12)
        ) as gross_quantity
    from recipe_lines
    inner join outputs on recipe_lines.recipe_id = outputs.recipe_id
    left join product_units as used
        on recipe_lines.product_id = used.product_id and recipe_lines.unit = used.unit
)

select * from final
