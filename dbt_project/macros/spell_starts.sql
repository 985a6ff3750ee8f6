{#-
    From which day on the spells of a product at a location are to be followed anew: that of its earliest movement that is
    new, however late it came, or rather the last day before it on which anything moved, because a spell that began there
    lasts until the first movement after it, and that may be the new one.
-#}
{% macro spell_starts() -%}
    select
        touched.location_id,
        touched.product_id,
        coalesce(before.business_day, touched.from_day) as from_day
    from ({{ first_new_days() }}) as touched
    cross join lateral ( -- the index's last entry, however long the past is
        select max(daily.business_day) as business_day from {{ ref('int_movements_daily') }} as daily
        where
            daily.location_id = touched.location_id
            and daily.product_id = touched.product_id
            and daily.business_day < touched.from_day
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
    cross join {{ rows_of(ref('int_movements_daily'), 'openings', '>= openings.from_day') }} as moved
    {%- endif -%}
{%- endmacro %}

{#- The legs to join to the rows of `days`: read whole at first, later a few for each by their index. -#}
{% macro legs_of(days) -%}
    {%- if not is_incremental() -%}
    {{ ref('int_movement_legs') }}
    {%- else -%}
    {{ rows_of(ref('int_movement_legs'), days, '= ' ~ days ~ '.business_day') }}
    {%- endif -%}
{%- endmacro %}
