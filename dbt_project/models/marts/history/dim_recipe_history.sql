{{ config(indexes=[
    {'columns': ['recipe_line_version_id'], 'unique': true},
    {'columns': ['menu_item_id']},
]) }}

{#- What a recipe asked of an ingredient from one moment to the next: edits in place included, which the recipes forget. -#}
with versions as (
    select * from {{ ref('recipe_lines') }}
),

compared as (
    select
        *,
        quantity / yield_fraction / yield_quantity as gross_quantity,
        row_number() over of_line as place,
        lag(dbt_is_deleted) over of_line as was_deleted,
        lag(unit || '/' || yield_unit) over of_line as previous_units,
        lag(quantity / yield_fraction / yield_quantity) over of_line as previous_gross_quantity
    from versions
    window of_line as (partition by recipe_line_key order by dbt_valid_from)
),

final as (
    select
        dbt_scd_id as recipe_line_version_id,
        recipe_id,
        menu_item_id,
        makes_product_id,
        product_id,
        quantity,
        unit,
        yield_fraction,
        yield_quantity,
        yield_unit,
        effective_from,
        effective_to,
        case
            when dbt_is_deleted = 'True' then 'removed'
            when place = 1 then 'first_seen'
            when was_deleted = 'True' then 'returned'
            else 'changed'
        end as change,
        cast(case when dbt_is_deleted = 'False' then gross_quantity end as numeric(18, 6)) as gross_quantity,
        -- Grams and litres are not held against each other.
        cast(
            case when was_deleted = 'False' and previous_units = unit || '/' || yield_unit then previous_gross_quantity end
            as numeric(18, 6)
        ) as previous_gross_quantity,
        dbt_valid_from as known_from,
        dbt_valid_to as known_until,
        dbt_valid_to is null and dbt_is_deleted = 'False' as is_current,
        {{ load_id() }} as load_id
    from compared
)

select * from final
