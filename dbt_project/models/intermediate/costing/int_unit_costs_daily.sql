{{ config(indexes=[{'columns': ['location_id', 'product_id', 'business_day'], 'unique': true}]) }}

{#-
    What a stock unit cost on each day on which it should have been used: that day's use at its value, else the last day
    before with one, else the first after.
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

used as (
    select
        location_id,
        product_id,
        business_day,
        sum(value_delta) / nullif(sum(quantity_delta), 0) as unit_cost
    from movements
    where kind in ('sale', 'consumption', 'waste') and not is_reversal and quantity_delta <> 0
    group by location_id, product_id, business_day
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
