{{ config(tags=['after_forecast'], indexes=[
    {'columns': ['location_id', 'product_id', 'origin_day', 'target_day'], 'unique': true},
]) }}

with forecasts as (
    select
        *,
        row_number() over (
            partition by location_id, product_id, origin_day, target_day
            order by created_at desc, forecast_run_id desc
        ) as place
    from {{ ref('stg_forecasting__demand_forecasts') }}
),

final as (
    select
        location_id,
        product_id,
        origin_day,
        target_day,
        horizon,
        model,
        cast(mean as numeric(18, 6)) as mean,
        cast(p10 as numeric(18, 6)) as p10,
        cast(p50 as numeric(18, 6)) as p50,
        cast(p80 as numeric(18, 6)) as p80,
        cast(p90 as numeric(18, 6)) as p90,
        cast(mase as numeric(12, 6)) as mase,
        {{ load_id() }} as load_id
    from forecasts
    where place = 1
)

select * from final
