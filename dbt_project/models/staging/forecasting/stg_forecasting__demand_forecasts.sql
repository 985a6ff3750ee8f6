{{ config(tags=['after_forecast']) }}

with source as (
    select * from {{ raw_table('forecasting', 'demand_forecasts') }}
),

final as (
    select
        cast(location_id as uuid) as location_id,
        cast(product_id as uuid) as product_id,
        cast(origin_day as date) as origin_day,
        cast(target_day as date) as target_day,
        cast(horizon as integer) as horizon,
        cast(model as text) as model,
        cast(mean as numeric(18, 6)) as mean,
        cast(p10 as numeric(18, 6)) as p10,
        cast(p50 as numeric(18, 6)) as p50,
        cast(p80 as numeric(18, 6)) as p80,
        cast(p90 as numeric(18, 6)) as p90,
        cast(mase as numeric(18, 6)) as mase,
        cast(forecast_run_id as text) as forecast_run_id,
        cast(created_at as timestamptz) as created_at
    from source
)

select * from final
