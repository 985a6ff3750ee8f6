{{ config(indexes=[{'columns': ['location_id', 'business_day']}]) }}

{#- Recorded waste less what was undone, at the cost that it left stock with. -#}
with movements as (
    select * from {{ ref('int_movements_daily') }}
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
    where wasted.records > 0 or wasted.quantity <> 0 or wasted.value <> 0
)

select * from final
