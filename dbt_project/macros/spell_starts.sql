{#-
    From which day on the spells of a product at a location are to be followed anew: that of its earliest movement that is
    new, however late it came, or rather the last day before it on which anything moved, because a spell that began there
    lasts until the first movement after it, and that may be the new one.
-#}
{% macro spell_starts() -%}
    select
        touched.location_id,
        touched.product_id,
        coalesce(before.business_day, touched.business_day) as from_day
    from (
        select location_id, product_id, min(business_day) as business_day from {{ ref('int_movement_legs') }}
        where built_at > {{ built_until() }}
        group by location_id, product_id
    ) as touched
    cross join lateral ( -- the index's last entry, however long the past is
        select max(daily.business_day) as business_day from {{ ref('int_movements_daily') }} as daily
        where
            daily.location_id = touched.location_id
            and daily.product_id = touched.product_id
            and daily.business_day < touched.business_day
    ) as before
{%- endmacro %}

{#-
    What moved from there on, with what the day before left of the product in all its areas: nothing, where no item had
    moved yet. Each step takes a few rows of a product by an index, however long its past is. At first everything is followed.
-#}
{% macro moves_to_follow() -%}
    {%- if not is_incremental() -%}
    select daily.*, 0 as opening from {{ ref('int_movements_daily') }} as daily
    {%- else -%}
    select moved.*, openings.on_hand as opening
    from (
        select starts.location_id, starts.product_id, starts.from_day, coalesce(sum(evening.on_hand), 0) as on_hand
        from ({{ spell_starts() }}) as starts
        inner join items on starts.location_id = items.location_id and starts.product_id = items.product_id
        left join lateral (
            select own.on_hand from balances_daily as own
            where own.inventory_item_id = items.inventory_item_id and own.business_day = starts.from_day - 1
            offset 0
        ) as evening on true
        group by starts.location_id, starts.product_id, starts.from_day
    ) as openings
    cross join lateral (
        select * from {{ ref('int_movements_daily') }} as own
        where
            own.location_id = openings.location_id
            and own.product_id = openings.product_id
            and own.business_day >= openings.from_day
        offset 0
    ) as moved
    {%- endif -%}
{%- endmacro %}

{#- The legs to join to the rows of `days`: read whole at first, later a few for each by their index. -#}
{% macro legs_of(days) -%}
    {%- if not is_incremental() -%}
    {{ ref('int_movement_legs') }}
    {%- else -%}
    lateral (
        select * from {{ ref('int_movement_legs') }} as own
        where
            own.location_id = {{ days }}.location_id
            and own.product_id = {{ days }}.product_id
            and own.business_day = {{ days }}.business_day
        offset 0
    )
    {%- endif -%}
{%- endmacro %}

{#- The spells that are to be followed anew go first: some may be none any more. -#}
{% macro forget_spells() -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as known using ({{ spell_starts() }}) as starts
    where
        known.location_id = starts.location_id
        and known.product_id = starts.product_id
        and known.business_day >= starts.from_day
    {%- endif -%}
{%- endmacro %}
