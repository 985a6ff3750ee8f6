{{ config(indexes=[{'columns': ['location_id', 'product_id'], 'unique': true}]) }}

{#- ABC by the value of the last year's use (80 / 95 / 100 %), XYZ by how much its weeks vary (0.5 / 1.0). -#}
with usage as (
    select * from {{ ref('int_usage_daily') }}
    where business_day >= current_date - 365
),

movements as (
    select * from {{ ref('int_movements_daily') }}
    where
        kind in ('sale', 'consumption', 'waste')
        and business_day >= current_date - 365
),

weekly as (
    select
        location_id,
        product_id,
        date_trunc('week', business_day) as week_start,
        sum(quantity) as quantity
    from usage
    group by location_id, product_id, date_trunc('week', business_day)
),

variation as (
    select
        location_id,
        product_id,
        count(*) as weeks,
        stddev_pop(quantity) / nullif(avg(quantity), 0) as coefficient
    from weekly
    group by location_id, product_id
),

valued as (
    select
        location_id,
        product_id,
        max(currency) as currency,
        -sum(value_delta) as use_value
    from movements
    group by location_id, product_id
),

cumulated as (
    select
        *,
        sum(use_value) over (
            partition by location_id order by use_value desc, product_id
            rows between unbounded preceding and current row
        ) - use_value as value_before,
        sum(use_value) over (partition by location_id) as value_of_all
    from valued
    where use_value > 0
),

final as (
    select
        cumulated.location_id,
        cumulated.product_id,
        cast(cumulated.use_value as numeric(18, 6)) as use_value,
        cumulated.currency,
        cast((cumulated.value_before + cumulated.use_value) / cumulated.value_of_all as numeric(9, 6)) as cumulated_share,
        case
            when cumulated.value_before < 0.80 * cumulated.value_of_all then 'A'
            when cumulated.value_before < 0.95 * cumulated.value_of_all then 'B'
            else 'C'
        end as abc_class,
        cast(variation.coefficient as numeric(12, 6)) as weekly_variation,
        cast(coalesce(variation.weeks, 0) as integer) as weeks,
        case
            when variation.coefficient <= 0.5 then 'X'
            when variation.coefficient <= 1.0 then 'Y'
            else 'Z'
        end as xyz_class,
        {{ load_id() }} as load_id
    from cumulated
    left join variation
        on cumulated.location_id = variation.location_id and cumulated.product_id = variation.product_id
)

select * from final
