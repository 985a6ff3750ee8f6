with source as (
    select * from {{ raw_table('quarantine', 'rows') }}
),

final as (
    select
        cast(id as bigint) as quarantine_id,
        cast(source as text) as source,
        cast(code as text) as code,
        cast(location_code as text) as location_code,
        cast(state as text) as state,
        cast(quarantined_at as timestamptz) as quarantined_at
    from source
)

select * from final
