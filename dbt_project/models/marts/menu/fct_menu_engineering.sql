{{ config(indexes=[{'columns': ['location_id', 'period', 'menu_item_id'], 'unique': true}]) }}

{#- Kasavana & Smith 1982: popular from 70 % of an even share, profitable from the weighted mean contribution margin. -#}
with items as (
    select * from {{ ref('int_item_sales_monthly') }}
    where units > 0
),

compared as (
    select
        *,
        (net_sales - plate_cost) / units as contribution_margin,
        units / sum(units) over of_category as unit_share,
        0.7 / count(*) over of_category as popular_from,
        sum(net_sales - plate_cost) over of_category / sum(units) over of_category as profitable_from
    from items
    where is_cost_complete
    window of_category as (partition by location_id, period, category)
),

final as (
    select
        location_id,
        period,
        category,
        menu_item_id,
        cast(units as numeric(18, 6)) as units,
        cast(net_sales as numeric(18, 6)) as net_sales,
        cast(plate_cost as numeric(18, 6)) as plate_cost,
        currency,
        cast(contribution_margin as numeric(18, 6)) as contribution_margin,
        cast(unit_share as numeric(9, 6)) as unit_share,
        cast(popular_from as numeric(9, 6)) as popular_from,
        cast(profitable_from as numeric(18, 6)) as profitable_from,
        unit_share >= popular_from as is_popular,
        contribution_margin >= profitable_from as is_profitable,
        case
            when unit_share >= popular_from and contribution_margin >= profitable_from then 'star'
            when unit_share >= popular_from then 'plowhorse'
            when contribution_margin >= profitable_from then 'puzzle'
            else 'dog'
        end as class,
        {{ load_id() }} as load_id
    from compared
)

select * from final
