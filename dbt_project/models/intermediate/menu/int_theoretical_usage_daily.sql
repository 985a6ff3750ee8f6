with sales as (
    select * from {{ ref('int_item_sales_daily') }}
),

recipes as (
    select * from {{ ref('int_recipes_exploded') }}
),

final as (
    select
        sales.location_id,
        sales.business_day,
        recipes.product_id,
        sales.menu_item_id,
        cast(sum(sales.quantity * recipes.gross_quantity) as numeric(18, 6)) as quantity
    from sales
    inner join recipes
        on
            sales.menu_item_id = recipes.menu_item_id
            and sales.business_day >= recipes.era_from
            and (recipes.era_until is null or sales.business_day < recipes.era_until)
    group by sales.location_id, sales.business_day, recipes.product_id, sales.menu_item_id
)

select * from final
