with source as (
    select * from {{ raw_table('operational', 'counts') }}
),

final as (
    select
        cast(id as uuid) as count_id,
        cast(location_id as uuid) as location_id,
        cast(status as text) as status,
        cast(posted_at as timestamptz) as posted_at
    from source
)

select * from final
