{#- Balances at the end of each of a location's days, from an item's first movement to today. -#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

changes as (
    select
        inventory_item_id,
        product_id,
        location_id,
        area_id,
        currency,
        business_day,
        sum(quantity_delta) as quantity_delta,
        sum(value_delta) as value_delta
    from legs
    group by inventory_item_id, product_id, location_id, area_id, currency, business_day
),

lives as (
    select
        changes.inventory_item_id,
        changes.product_id,
        changes.location_id,
        changes.area_id,
        changes.currency,
        min(changes.business_day) as first_day,
        -- A device's clock may run a little ahead of ours: its movement must still be in the last row.
        greatest(
            max(changes.business_day),
            max({{ business_day('current_timestamp', 'locations.time_zone', 'locations.day_cutoff') }})
        ) as last_day
    from changes
    inner join locations on changes.location_id = locations.location_id
    group by
        changes.inventory_item_id, changes.product_id, changes.location_id, changes.area_id, changes.currency
),

days as (
    select
        lives.inventory_item_id,
        lives.product_id,
        lives.location_id,
        lives.area_id,
        lives.currency,
        cast(day.business_day as date) as business_day
    from lives
    cross join lateral generate_series(lives.first_day, lives.last_day, interval '1 day') as day (business_day)
),

final as (
    select
        days.inventory_item_id,
        days.business_day,
        days.product_id,
        days.location_id,
        days.area_id,
        cast(sum(coalesce(changes.quantity_delta, 0)) over running as numeric(18, 6)) as on_hand,
        cast(sum(coalesce(changes.value_delta, 0)) over running as numeric(18, 6)) as value,
        days.currency
    from days
    left join changes
        on
            days.inventory_item_id = changes.inventory_item_id
            and days.business_day = changes.business_day
            and days.currency = changes.currency
    window running as (partition by days.inventory_item_id, days.currency order by days.business_day)
)

select * from final
