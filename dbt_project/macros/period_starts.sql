{#- The periods whose sums are to be written; at first all of them. -#}
{% macro periods_to_write(spans, boundaries) -%}
    {%- if not is_incremental() -%}
    select * from {{ spans }}
    {%- else -%}
    select spans.*
    from {{ spans }} as spans
    inner join ({{ period_starts(boundaries) }}) as starts
        on
            spans.location_id = starts.location_id
            and spans.product_id = starts.product_id
            and spans.period_number >= starts.from_number
    {%- endif -%}
{%- endmacro %}

{#-
    What moved in the periods: the sums of the days between two counts, and each leg of the days of counts by its moment. A
    movement at the very moment of a count belongs before it: the count saw it, and its own correction is there. At first
    both are read whole, later a few for each period by their index.
-#}
{% macro moved_in(periods) -%}
    {%- set between = '> %s.business_day and own.business_day < %s.end_day' % (periods, periods) -%}
    select
        days.location_id, days.product_id, periods.period_number, days.currency, days.kind, days.reason_code,
        days.quantity_delta, days.value_delta, days.price_variance
    from {{ periods }} as periods
    {% if is_incremental() -%}
    cross join {{ rows_of(ref('int_movements_daily'), periods, between) }} as days -- said twice, a condition hides how many there are
    {%- else -%}
    inner join {{ ref('int_movements_daily') }} as days
        on
            periods.location_id = days.location_id
            and periods.product_id = days.product_id
            and periods.business_day < days.business_day
            and periods.end_day > days.business_day
    {%- endif %}

    union all

    select
        legs.location_id, legs.product_id,
        periods.period_number - case when legs.occurred_at > periods.started_at then 0 else 1 end as period_number,
        legs.currency, legs.kind, coalesce(legs.reason_code, '') as reason_code,
        legs.quantity_delta, legs.value_delta, legs.price_variance
    from {{ periods }} as periods
    inner join {{ legs_of(periods) }} as legs
        on
            periods.location_id = legs.location_id
            and periods.product_id = legs.product_id
            and periods.business_day = legs.business_day
{%- endmacro %}

{#-
    From which period on those of a product at a location are to be written anew: the one in which its earliest movement that
    is new may lie, however late it came, or the one before the first count that is another than when they were written.
    On the day of a count a movement may lie before it or after: the period before that day is the safe one.
-#}
{% macro period_starts(boundaries) -%}
    select location_id, product_id, min(from_number) as from_number
    from (
        select touched.location_id, touched.product_id, max(known.boundary_number) as from_number
        from ({{ first_new_days() }}) as touched
        inner join {{ boundaries }} as known
            on
                touched.location_id = known.location_id
                and touched.product_id = known.product_id
                and touched.from_day > known.business_day
        group by touched.location_id, touched.product_id

        union all

        select
            coalesce(now.location_id, written.location_id),
            coalesce(now.product_id, written.product_id),
            min(coalesce(now.boundary_number, written.period_number)) - 1
        from {{ boundaries }} as now
        full outer join {{ this }} as written
            on
                now.location_id = written.location_id
                and now.product_id = written.product_id
                and now.boundary_number = written.period_number
        where now.counted_at is distinct from written.started_at
        group by 1, 2
    ) as found
    group by location_id, product_id
{%- endmacro %}
