{#-
    From which day on the daily use of each product at each location is to be written: from the earliest day with new
    movements or, at the whole location, from the first day that opened or closed since. Every open day from the location's
    first use on has a row of some product, so a day's rows tell whether it was open when it was last looked at.
-#}
{% macro usage_starts() -%}
    {%- set uses = "moved.kind in ('sale', 'consumption', 'production', 'waste') and moved.is_out <> moved.is_reversal" -%}
    with items as (
        select distinct location_id, product_id from {{ ref('stg_operational__inventory_items') }}
    ),

    series as (
        select items.*, first_use.business_day as first_day
        from items
        cross join lateral (
            select moved.business_day from {{ ref('int_movements_daily') }} as moved
            where moved.location_id = items.location_id and moved.product_id = items.product_id and {{ uses }}
            order by moved.business_day
            limit 1
        ) as first_use
    ),

    spine as (
        select places.location_id, cast(day.business_day as date) as business_day
        from (select location_id, min(first_day) as first_day from series group by location_id) as places
        cross join lateral generate_series(places.first_day, current_date + 2, interval '1 day') as day (business_day)
    ),

    changed as (
        select spine.location_id, min(spine.business_day) as from_day
        from spine
        left join {{ ref('int_open_days') }} as open_days
            on spine.location_id = open_days.location_id and spine.business_day = open_days.business_day
        where
            (open_days.location_id is not null) <> exists (
                select 1 from {{ this }} as known
                where known.location_id = spine.location_id and known.business_day = spine.business_day
                offset 0
            )
        group by spine.location_id
    ),

    touched as (
        {{ first_new_days() }}
    )

    select
        series.location_id,
        series.product_id,
        greatest(series.first_day, least(touched.from_day, changed.from_day)) as from_day
    from series
    left join touched on series.location_id = touched.location_id and series.product_id = touched.product_id
    left join changed on series.location_id = changed.location_id
    where touched.from_day is not null or changed.from_day is not null
{%- endmacro %}
