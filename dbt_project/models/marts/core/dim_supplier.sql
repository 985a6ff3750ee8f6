with suppliers as (
    select * from {{ ref('stg_operational__suppliers') }}
),

final as (
    select
        supplier_id,
        code,
        name,
        currency,
        lead_time_days,
        cast(minimum_order_value as numeric(18, 6)) as minimum_order_value,
        {{ load_id() }} as load_id
    from suppliers
)

select * from final
