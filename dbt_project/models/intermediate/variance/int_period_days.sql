{{ config(indexes=[{'columns': ['location_id', 'product_id', 'business_day'], 'unique': true}]) }}

{#- Each day of a product at a location, in the last period that began on it or before; only of what recipes ever used. -#}
with boundaries as (
    select * from {{ ref('int_count_boundaries') }}
    where product_id in (select product_id from {{ ref('int_recipes_exploded') }})
),

stretches as (
    select
        location_id,
        product_id,
        counted_at,
        boundary_number,
        business_day as from_day,
        coalesce(
            lead(business_day) over (partition by location_id, product_id order by boundary_number), current_date + 2
        ) - 1 as to_day
    from boundaries
),

days as (
    select
        stretches.*,
        cast(day.business_day as date) as business_day
    from stretches
    cross join lateral generate_series(stretches.from_day, stretches.to_day, interval '1 day') as day (business_day)
),

final as (
    select
        location_id,
        product_id,
        business_day,
        boundary_number as period_number,
        case when business_day = from_day then counted_at end as counted_at
    from days
)

select * from final
