{{ config(indexes=[
    {'columns': ['supplier_price_id'], 'unique': true},
    {'columns': ['supplier_id', 'supplier_sku', 'valid_from']},
]) }}

with prices as (
    select
        *,
        -- What was loaded last about an article's day is what the supplier says of it now.
        row_number() over (
            partition by supplier_id, supplier_sku, valid_from order by loaded_at desc, supplier_price_id desc
        ) as place
    from {{ ref('stg_supplier_catalogs__prices') }}
),

articles as (
    select supplier_id, supplier_sku, min(cast(product_id as text)) as product_id
    from {{ ref('stg_operational__supplier_products') }}
    group by supplier_id, supplier_sku
),

chained as (
    select
        *,
        list_price / price_quantity as pack_price,
        lag(list_price / price_quantity) over article as previous_price,
        lead(valid_from) over article as next_from
    from prices
    where place = 1
    window article as (partition by supplier_id, supplier_sku order by valid_from)
),

final as (
    select
        chained.supplier_price_id,
        chained.supplier_id,
        chained.supplier_sku,
        cast(articles.product_id as uuid) as product_id,
        chained.name,
        chained.gtin,
        chained.valid_from,
        -- A next price ends the one before it, whatever that one had promised.
        least(chained.valid_until, chained.next_from - 1) as valid_until,
        chained.next_from is null as is_latest,
        cast(chained.pack_price as numeric(18, 6)) as pack_price,
        cast(chained.previous_price as numeric(18, 6)) as previous_price,
        cast(chained.pack_price - chained.previous_price as numeric(18, 6)) as price_change,
        cast(chained.pack_price / nullif(chained.previous_price, 0) - 1 as numeric(18, 6)) as price_change_rate,
        chained.pack_units,
        chained.pack_quantity,
        chained.pack_unit,
        cast(
            chained.pack_price / (coalesce(chained.pack_units, 1) * chained.pack_quantity) as numeric(18, 6)
        ) as unit_price,
        chained.currency,
        {{ load_id() }} as load_id
    from chained
    left join articles
        on chained.supplier_id = articles.supplier_id and chained.supplier_sku = articles.supplier_sku
    where chained.is_offered
)

select * from final
