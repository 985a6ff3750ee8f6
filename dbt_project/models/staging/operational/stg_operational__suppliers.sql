with source as (
    select * from {{ raw_table('operational', 'suppliers') }}
),

final as (
    select
        cast(id as uuid) as supplier_id,
        cast(code as text) as code,
        cast(name as text) as name,
        cast(currency as text) as currency,
        cast(lead_time_days as integer) as lead_time_days,
        cast(minimum_order_value as numeric(18, 6)) as minimum_order_value,
        cast(on_time_grace_hours as integer) as on_time_grace_hours,
        cast(delivery_weekdays as text) as delivery_weekdays
    from source
)

select * from final
