{#- What one portion takes from stock, in each era: sub-recipes followed to what is bought or made ahead and kept,
    gross of every yield. -#}
with recursive recipes as (
    select * from {{ ref('int_recipe_eras') }}
),

recipe_lines as (
    select * from {{ ref('int_recipe_lines_converted') }}
),

opened as (
    select
        recipes.era_from,
        recipes.era_until,
        recipes.menu_item_id,
        recipes.makes_product_id,
        coalesce(recipes.is_stocked, false) as is_stocked,
        recipe_lines.product_id,
        recipe_lines.gross_quantity
    from recipes
    inner join recipe_lines on recipes.recipe_id = recipe_lines.recipe_id
    where recipe_lines.gross_quantity is not null
),

steps as (
    select
        era_from,
        era_until,
        menu_item_id,
        product_id,
        cast(gross_quantity as numeric(30, 12)) as gross_quantity,
        1 as depth
    from opened
    where menu_item_id is not null

    union all

    select
        steps.era_from,
        steps.era_until,
        steps.menu_item_id,
        opened.product_id,
        cast(steps.gross_quantity * opened.gross_quantity as numeric(30, 12)) as gross_quantity,
        steps.depth + 1 as depth
    from steps
    inner join opened on steps.product_id = opened.makes_product_id and steps.era_from = opened.era_from
    where not opened.is_stocked and steps.depth < 10 -- a recipe that contains itself must not run for ever
),

made_to_order as (
    select distinct
        era_from,
        makes_product_id
    from opened
    where makes_product_id is not null and not is_stocked
),

taken as (
    select steps.*
    from steps
    left join made_to_order
        on steps.product_id = made_to_order.makes_product_id and steps.era_from = made_to_order.era_from
    where made_to_order.makes_product_id is null
),

final as (
    select
        era_from,
        era_until,
        menu_item_id,
        product_id,
        cast(sum(gross_quantity) as numeric(30, 12)) as gross_quantity
    from taken
    group by era_from, era_until, menu_item_id, product_id
)

select * from final
