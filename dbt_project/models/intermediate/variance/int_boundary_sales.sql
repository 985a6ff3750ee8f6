{#-
    On the days of a product's counts: how many portions of each item that its recipes ever used it for had been sold when
    it was counted.
-#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
),

ingredients as (
    select distinct
        menu_item_id,
        product_id
    from {{ ref('int_recipes_exploded') }}
),

sales as (
    select * from {{ ref('int_sales_mapped') }}
),

final as (
    select
        boundaries.location_id,
        boundaries.product_id,
        boundaries.business_day,
        boundaries.counted_at,
        ingredients.menu_item_id,
        sum(sales.quantity) as units_before
    from boundaries
    inner join ingredients on boundaries.product_id = ingredients.product_id
    inner join sales
        on
            boundaries.location_id = sales.location_id
            and boundaries.business_day = sales.business_day
            and ingredients.menu_item_id = sales.menu_item_id
            and sales.sold_at <= boundaries.counted_at
    group by
        boundaries.location_id, boundaries.product_id, boundaries.business_day, boundaries.counted_at,
        ingredients.menu_item_id
)

select * from final
