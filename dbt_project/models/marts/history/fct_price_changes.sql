{{ config(indexes=[
    {'columns': ['price_change_id'], 'unique': true},
    {'columns': ['product_id', 'known_from']},
]) }}

{#- What the house's own offers came to cost: a dearer pack, and a smaller one at the same price. -#}
with versions as (
    select
        *,
        is_active and dbt_is_deleted = 'False' as is_offered
    from {{ ref('supplier_product_prices') }}
),

product_units as (
    select * from {{ ref('int_product_units_expanded') }}
),

sized as (
    select
        versions.*,
        versions.pack_quantity * units.numerator / units.denominator as stock_quantity
    from versions
    left join product_units as units
        on versions.product_id = units.product_id and versions.pack_unit = units.unit
),

chained as (
    select
        *,
        row_number() over offer as place,
        lag(is_offered) over offer as was_offered,
        lag(currency) over offer as previous_currency,
        lag(price) over offer as previous_price,
        lag(pack_quantity) over offer as previous_pack_quantity,
        lag(pack_unit) over offer as previous_pack_unit,
        lag(price / nullif(stock_quantity, 0)) over offer as previous_unit_price
    from sized
    window offer as (partition by supplier_product_id order by dbt_valid_from)
),

named as (
    select
        *,
        price / nullif(stock_quantity, 0) as unit_price,
        case
            when place = 1 then 'first_seen'
            when was_offered and not is_offered then 'withdrawn'
            when is_offered and not was_offered then 'returned'
            when currency <> previous_currency then 'currency'
            when pack_quantity <> previous_pack_quantity or pack_unit <> previous_pack_unit then 'pack'
            when price <> previous_price then 'price'
        end as change
    from chained
),

final as (
    select
        dbt_scd_id as price_change_id,
        supplier_product_id,
        supplier_id,
        product_id,
        supplier_sku,
        dbt_valid_from as known_from,
        change,
        price as pack_price,
        previous_price as previous_pack_price,
        pack_quantity,
        pack_unit,
        previous_pack_quantity,
        previous_pack_unit,
        cast(unit_price as numeric(18, 6)) as unit_price,
        cast(previous_unit_price as numeric(18, 6)) as previous_unit_price,
        cast(
            case when currency = previous_currency then unit_price / nullif(previous_unit_price, 0) - 1 end
            as numeric(18, 6)
        ) as unit_price_change_rate,
        currency,
        {{ load_id() }} as load_id
    from named
    where change is not null
)

select * from final
