{#- Stretches of days, each with one set of recipes in force: recipes hold from their first day to their last. -#}
with recipes as (
    select * from {{ ref('stg_operational__recipes') }}
),

boundaries as (
    select effective_from as era_from from recipes
    union
    select effective_to + 1 as era_from from recipes where effective_to is not null
),

eras as (
    select
        era_from,
        lead(era_from) over (order by era_from) as era_until
    from boundaries
),

in_force as (
    select
        eras.era_from,
        eras.era_until,
        recipes.recipe_id,
        recipes.menu_item_id,
        recipes.makes_product_id,
        recipes.is_stocked,
        row_number() over (
            partition by eras.era_from, recipes.menu_item_id, recipes.makes_product_id
            order by recipes.effective_from desc, recipes.recipe_id desc
        ) as place
    from eras
    inner join recipes
        on
            recipes.effective_from <= eras.era_from
            and (recipes.effective_to is null or recipes.effective_to >= eras.era_from)
),

final as (
    select
        era_from,
        era_until,
        recipe_id,
        menu_item_id,
        makes_product_id,
        is_stocked
    from in_force
    where place = 1
)

select * from final
