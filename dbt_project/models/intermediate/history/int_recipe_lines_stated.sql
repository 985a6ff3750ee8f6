{{ config(materialized='ephemeral') }}

{#- A line is named by its recipe and ingredient: saving a recipe gives its lines new ids, whether they changed or not. -#}
with recipes as (
    select * from {{ ref('stg_operational__recipes') }}
),

recipe_lines as (
    select
        *,
        row_number() over (partition by recipe_id, product_id order by unit, quantity, recipe_line_id) as place
    from {{ ref('stg_operational__recipe_lines') }}
),

final as (
    select
        cast(recipe_lines.recipe_id as text) || ' ' || cast(recipe_lines.product_id as text)
        || ' ' || cast(recipe_lines.place as text) as recipe_line_key,
        recipes.recipe_id,
        recipes.menu_item_id,
        recipes.makes_product_id,
        recipes.yield_quantity,
        recipes.yield_unit,
        recipes.effective_from,
        recipes.effective_to,
        recipe_lines.product_id,
        recipe_lines.quantity,
        recipe_lines.unit,
        recipe_lines.yield_fraction
    from recipe_lines
    inner join recipes on recipe_lines.recipe_id = recipes.recipe_id
)

select * from final
