{#- Counted, not listed: what a rejected row says is shown where it is repaired. -#}
with rejected as (
    select * from {{ ref('stg_quarantine__rows') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

final as (
    select
        locations.location_id,
        rejected.source,
        rejected.code,
        rejected.state,
        cast(rejected.quarantined_at at time zone 'UTC' as date) as quarantined_on,
        cast(count(*) as integer) as rejected_rows,
        {{ load_id() }} as load_id
    from rejected
    left join locations on rejected.location_code = locations.code
    group by
        locations.location_id, rejected.source, rejected.code, rejected.state,
        cast(rejected.quarantined_at at time zone 'UTC' as date)
)

select * from final
