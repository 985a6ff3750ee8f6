{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    unique_key=['location_id', 'business_day'],
    indexes=[
        {'columns': ['location_id', 'business_day', 'category', 'currency'], 'unique': true},
        {'columns': ['load_id']},
    ],
    post_hook="{{ remember(ref('int_stock_on_hand_daily')) }}",
) }}

with balances as (
    select daily.* from {{ ref('int_stock_on_hand_daily') }} as daily
    {% if is_incremental() -%}
    inner join (
        select distinct location_id, business_day from {{ ref('int_stock_on_hand_daily') }}
        where built_at > {{ built_until() }}
    ) as rewritten
        on daily.location_id = rewritten.location_id and daily.business_day = rewritten.business_day
    {%- endif %}
),

products as (
    select * from {{ ref('stg_operational__products') }}
),

final as (
    select
        balances.location_id,
        balances.business_day,
        products.category,
        balances.currency,
        cast(sum(balances.value) as numeric(18, 6)) as value,
        cast(count(*) filter (where balances.on_hand > 0) as integer) as items_in_stock,
        cast(count(*) filter (where balances.on_hand < 0) as integer) as items_below_zero,
        {{ load_id() }} as load_id
    from balances
    inner join products on balances.product_id = products.product_id
    group by balances.location_id, balances.business_day, products.category, balances.currency
)

select * from final
