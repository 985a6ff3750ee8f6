{{ config(tags=['sales']) }}

with source as (
    select * from {{ raw_table('operational', 'locations') }}
),

final as (
    select
        cast(id as uuid) as location_id,
        cast(code as text) as code,
        cast(name as text) as name,
        cast(time_zone as text) as time_zone,
        cast(currency as text) as currency,
        cast(day_cutoff as time) as day_cutoff,
        cast(allows_negative as boolean) as allows_negative
    from source
)

select * from final
