{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    indexes=[
        {'columns': ['location_id', 'business_day', 'product_id', 'reason_code', 'currency'], 'unique': true},
        {'columns': ['load_id']},
    ],
    pre_hook="{{ forget_touched(ref('int_movement_legs'), ['location_id', 'product_id', 'business_day']) }}",
    post_hook="{{ remember(ref('int_movement_legs')) }}",
) }}

{#-
    Recorded waste less what was undone, at the cost that it left stock with. A product's day with new movements is written
    anew; what was undone whole keeps its row, so that no row ever goes and readers are sent what is new alone.
-#}
with movements as (
    select * from {{ of_touched_days(ref('int_movements_daily')) }} as moved
),

products as (
    select * from {{ ref('stg_operational__products') }}
),

wasted as (
    select
        location_id,
        business_day,
        product_id,
        reason_code,
        currency,
        -sum(quantity_delta) as quantity,
        -sum(value_delta) as value,
        sum(case when is_reversal then -movements else movements end) as records
    from movements
    where kind = 'waste'
    group by location_id, business_day, product_id, reason_code, currency
),

final as (
    select
        wasted.location_id,
        wasted.business_day,
        wasted.product_id,
        wasted.reason_code,
        cast(wasted.quantity as numeric(18, 6)) as quantity,
        products.stock_unit as unit,
        cast(wasted.value as numeric(18, 6)) as value,
        wasted.currency,
        cast(wasted.records as integer) as records,
        {{ load_id() }} as load_id
    from wasted
    inner join products on wasted.product_id = products.product_id
)

select * from final
