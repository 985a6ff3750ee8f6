with source as (
    select * from {{ raw_table('operational', 'stock_movements') }}
),

final as (
    select
        cast(id as uuid) as movement_id,
        cast(kind as text) as kind,
        cast(from_item_id as uuid) as from_item_id,
        cast(to_item_id as uuid) as to_item_id,
        cast(product_id as uuid) as product_id,
        cast(quantity as numeric(18, 6)) as quantity,
        cast(value as numeric(18, 6)) as value,
        cast(currency as text) as currency,
        cast(occurred_at as timestamptz) as occurred_at,
        cast(recorded_at as timestamptz) as recorded_at,
        cast(source as text) as source,
        cast(reason_code as text) as reason_code,
        cast(reference as text) as reference,
        cast(reverses_id as uuid) as reverses_id
    from source
)

select * from final
