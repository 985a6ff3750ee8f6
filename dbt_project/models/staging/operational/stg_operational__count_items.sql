with source as (
    select * from {{ raw_table('operational', 'count_items') }}
),

final as (
    select
        cast(id as uuid) as count_item_id,
        cast(count_id as uuid) as count_id,
        cast(item_id as uuid) as inventory_item_id,
        cast(measured_at as timestamptz) as measured_at,
        cast(counted as numeric(18, 6)) as counted,
        cast(variance as numeric(18, 6)) as variance,
        cast(movement_id as uuid) as movement_id
    from source
)

select * from final
