with source as (
    select * from {{ raw_table('operational', 'purchase_orders') }}
),

final as (
    select
        cast(id as uuid) as purchase_order_id,
        cast(number as text) as number,
        cast(supplier_id as uuid) as supplier_id,
        cast(location_id as uuid) as location_id,
        cast(status as text) as status,
        cast(currency as text) as currency,
        cast(expected_on as date) as expected_on,
        cast(ordered_at as timestamptz) as ordered_at,
        cast(sent_at as timestamptz) as sent_at
    from source
)

select * from final
