with locations as (
    select * from {{ ref('stg_operational__locations') }}
),

final as (
    select
        location_id,
        code,
        name,
        time_zone,
        currency,
        day_cutoff,
        allows_negative,
        {{ load_id() }} as load_id
    from locations
)

select * from final
