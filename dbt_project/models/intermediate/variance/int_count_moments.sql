{#-
    Every moment at which a product was counted: corrections that stand, and what sheets found to be right, which moved
    nothing. A count that was undone as a whole is none.
-#}
with legs as (
    select * from {{ ref('int_count_legs') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

items as (
    select * from {{ ref('stg_operational__inventory_items') }}
),

count_items as (
    select * from {{ ref('stg_operational__count_items') }}
),

undone as (
    select distinct reverses_id
    from legs
    where reverses_id is not null
),

corrected as (
    select
        legs.location_id,
        legs.product_id,
        legs.business_day,
        legs.occurred_at as counted_at
    from legs
    left join undone on legs.movement_id = undone.reverses_id
    where legs.kind = 'count_correction' and legs.reverses_id is null and undone.reverses_id is null
),

found_right as (
    select
        items.location_id,
        items.product_id,
        {{ business_day('count_items.measured_at', 'locations.time_zone', 'locations.day_cutoff') }} as business_day,
        count_items.measured_at as counted_at
    from count_items
    inner join items on count_items.inventory_item_id = items.inventory_item_id
    inner join locations on items.location_id = locations.location_id
    where count_items.measured_at is not null and count_items.variance = 0
),

final as (
    select * from corrected
    union all
    select * from found_right
)

select * from final
