{{ config(
    materialized='incremental',
    incremental_strategy='since',
    on_schema_change='append_new_columns',
    since_keys=['inventory_item_id', 'currency'],
    since_column='business_day',
    indexes=[
        {'columns': ['inventory_item_id', 'business_day'], 'unique': true},
        {'columns': ['location_id', 'business_day']},
        {'columns': ['load_id']},
    ],
    post_hook="{{ remember(ref('int_stock_on_hand_daily')) }}",
) }}

-- depends_on: {{ ref('stg_operational__locations') }}
with balances as (
    select * from {{ ref('int_stock_on_hand_daily') }}
    {% if is_incremental() -%}
    where built_at > {{ built_until() }}

    union all

    select past.* -- the whole past of an item whose reorder point is another one now
    from {{ ref('int_stock_on_hand_daily') }} as past
    inner join (
        select distinct known.inventory_item_id
        from ({{ last_rows(this) }}) as known
        left join {{ ref('stg_operational__inventory_items') }} as own on known.inventory_item_id = own.inventory_item_id
        where known.reorder_point is distinct from own.reorder_point
    ) as changed on past.inventory_item_id = changed.inventory_item_id
    where past.built_at <= {{ built_until() }}
    {%- endif %}
),

products as (
    select * from {{ ref('stg_operational__products') }}
),

items as (
    select * from {{ ref('stg_operational__inventory_items') }}
),

final as (
    select
        balances.inventory_item_id,
        balances.business_day,
        balances.product_id,
        balances.location_id,
        balances.area_id,
        cast(balances.on_hand as numeric(18, 6)) as on_hand,
        products.stock_unit as unit,
        cast(balances.value as numeric(18, 6)) as value,
        balances.currency,
        items.reorder_point,
        coalesce(balances.on_hand < items.reorder_point, false) as is_below_reorder,
        {{ load_id() }} as load_id
    from balances
    inner join products on balances.product_id = products.product_id
    left join items on balances.inventory_item_id = items.inventory_item_id
)

select * from final
