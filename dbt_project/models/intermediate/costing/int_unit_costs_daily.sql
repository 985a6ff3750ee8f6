{{ config(indexes=[{'columns': ['location_id', 'product_id', 'business_day'], 'unique': true}]) }}

{#-
    What a stock unit cost on each day on which it was or should have been used: that day's use at its value, else the last
    day before with one, else the first after. Only of what a location's recipes ever asked for.
-#}
with movements as (
    select * from {{ ref('int_movements_daily') }}
),

usage as (
    select distinct
        location_id,
        product_id,
        business_day
    from {{ ref('int_theoretical_usage_daily') }}
),

asked_for as (
    select distinct
        location_id,
        product_id
    from usage
),

used as (
    select
        movements.location_id,
        movements.product_id,
        movements.business_day,
        sum(movements.value_delta) / nullif(sum(movements.quantity_delta), 0) as unit_cost
    from movements
    inner join asked_for
        on movements.location_id = asked_for.location_id and movements.product_id = asked_for.product_id
    where movements.kind in ('sale', 'consumption', 'waste') and not movements.is_reversal and movements.quantity_delta <> 0
    group by movements.location_id, movements.product_id, movements.business_day
),

days as (
    select
        coalesce(usage.location_id, used.location_id) as location_id,
        coalesce(usage.product_id, used.product_id) as product_id,
        coalesce(usage.business_day, used.business_day) as business_day,
        used.unit_cost
    from usage
    full outer join used
        on
            usage.location_id = used.location_id
            and usage.product_id = used.product_id
            and usage.business_day = used.business_day
),

stretched as (
    select
        *,
        count(unit_cost) over (partition by location_id, product_id order by business_day) as stretch
    from days
),

final as (
    select
        location_id,
        product_id,
        business_day,
        cast(
            coalesce(
                max(unit_cost) over (partition by location_id, product_id, stretch),
                max(case when stretch = 1 then unit_cost end) over (partition by location_id, product_id)
            )
            as numeric(24, 12)
        ) as unit_cost
    from stretched
)

select * from final
