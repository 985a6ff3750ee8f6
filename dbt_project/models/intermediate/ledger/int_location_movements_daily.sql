{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['location_id', 'business_day', 'kind', 'currency'],
    indexes=[{'columns': ['location_id', 'business_day', 'kind', 'currency'], 'unique': true}],
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#-
    What moved at a location on a day, by kind, over all products: for whatever asks no more than that. Rows of the ledger
    never change, so later builds add what is new to the sums that are there.
-#}
with legs as (
    select * from {{ ref('int_movement_legs') }}
    {% if is_incremental() -%} where built_at > {{ built_until() }} {%- endif %}
),

added as (
    select
        location_id,
        business_day,
        kind,
        currency,
        sum(value_delta) as value_delta,
        sum(price_variance) as price_variance
    from legs
    group by location_id, business_day, kind, currency
),

final as (
    select
        added.location_id,
        added.business_day,
        added.kind,
        added.currency,
        {% if is_incremental() -%}
        added.value_delta + coalesce(known.value_delta, 0) as value_delta,
        added.price_variance + coalesce(known.price_variance, 0) as price_variance
        {%- else -%}
        added.value_delta,
        added.price_variance
        {%- endif %}
    from added
    {% if is_incremental() -%}
    left join {{ this }} as known
        on
            added.location_id = known.location_id
            and added.business_day = known.business_day
            and added.kind = known.kind
            and added.currency = known.currency
    {%- endif %}
)

select * from final
