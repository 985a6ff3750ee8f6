{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    unique_key=['location_id', 'product_id', 'business_day', 'known_on'],
    indexes=[
        {'columns': ['location_id', 'product_id', 'business_day', 'known_on', 'source', 'kind', 'currency'], 'unique': true},
        {'columns': ['location_id', 'business_day']},
        {'columns': ['load_id']},
    ],
    post_hook="{{ remember(ref('int_movements_restated')) }}",
) }}

{#-
    What became known of a day after it was over. A day's end as known on day k is what is known now less the rows here
    with `business_day` up to that day and `known_on` after k.
-#}
with restated as (
    select restated.* from {{ ref('int_movements_restated') }} as restated
    {% if is_incremental() -%}
    inner join (
        {{ touched(ref('int_movements_restated'), ['location_id', 'product_id', 'business_day', 'known_on']) }}
    ) as touched
        on
            restated.location_id = touched.location_id
            and restated.product_id = touched.product_id
            and restated.business_day = touched.business_day
            and restated.known_on = touched.known_on
    {%- endif %}
),

final as (
    select
        location_id,
        product_id,
        business_day,
        known_on,
        source,
        kind,
        currency,
        cast(known_on - business_day as integer) as days_late,
        cast(sum(quantity_delta) as numeric(18, 6)) as quantity_delta,
        cast(sum(value_delta) as numeric(18, 6)) as value_delta,
        cast(count(*) as integer) as movements,
        {{ load_id() }} as load_id
    from restated
    group by location_id, product_id, business_day, known_on, source, kind, currency
)

select * from final
