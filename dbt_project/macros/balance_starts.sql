{#-
    From which day on each item's daily balances are to be written, to which, and with what it opens. At first that is from
    its first movement; later from the day of the earliest movement that is new, however late it came, or else from the day
    after its last row.
-#}
{% macro balance_starts() -%}
    {%- set today = business_day('current_timestamp', 'locations.time_zone', 'locations.day_cutoff') -%}
    {%- if not is_incremental() -%}
    select
        legs.inventory_item_id, legs.product_id, legs.location_id, legs.area_id, legs.currency,
        min(legs.business_day) as from_day,
        -- A device's clock may run a little ahead of ours: its movement must still be in the last row.
        greatest(max(legs.business_day), max({{ today }})) as last_day,
        cast(0 as numeric(18, 6)) as on_hand,
        cast(0 as numeric(18, 6)) as value
    from legs
    inner join locations on legs.location_id = locations.location_id
    group by legs.inventory_item_id, legs.product_id, legs.location_id, legs.area_id, legs.currency
    {%- else -%}
    select
        due.inventory_item_id, items.product_id, items.location_id, items.area_id, due.currency,
        due.from_day,
        greatest(due.last_day, {{ today }}) as last_day,
        coalesce(before.on_hand, 0) as on_hand,
        coalesce(before.value, 0) as value
    from (
        select inventory_item_id, currency, min(from_day) as from_day, max(last_day) as last_day
        from (
            select inventory_item_id, currency, min(business_day) as from_day, max(business_day) as last_day
            from legs
            where built_at > {{ built_until() }}
            group by inventory_item_id, currency

            union all

            select known.inventory_item_id, known.currency, max(known.business_day) + 1, max(known.business_day)
            from ({{ last_rows(this) }}) as known
            group by known.inventory_item_id, known.currency
        ) as moments
        group by inventory_item_id, currency
    ) as due
    inner join items on due.inventory_item_id = items.inventory_item_id
    inner join locations on items.location_id = locations.location_id
    left join lateral (
        select own.on_hand, own.value from {{ this }} as own
        where
            own.inventory_item_id = due.inventory_item_id
            and own.business_day = due.from_day - 1
            and own.currency = due.currency
        offset 0
    ) as before on true
    where due.from_day <= greatest(due.last_day, {{ today }})
    {%- endif -%}
{%- endmacro %}

{#- The newest daily rows of every location: those of its last two days, because a clock may have run ahead in one. -#}
{% macro last_rows(relation) -%}
    select daily.*
    from {{ ref('stg_operational__locations') }} as places
    cross join lateral (
        select max(newest.business_day) as business_day from {{ relation }} as newest
        where newest.location_id = places.location_id
    ) as last_day
    cross join lateral ( -- by their index, however many days there are
        select own.* from {{ relation }} as own
        where own.location_id = places.location_id and own.business_day >= last_day.business_day - 1
        offset 0
    ) as daily
{%- endmacro %}
