with products as (
    select * from {{ ref('stg_operational__products') }}
),

product_units as (
    select * from {{ ref('stg_operational__product_units') }}
),

standard_units as (
    select * from {{ ref('int_standard_units') }}
),

known as (
    select
        product_id,
        stock_unit as unit,
        cast(1 as numeric) as numerator,
        cast(1 as numeric) as denominator,
        0 as rank,
        stock_unit as bridge
    from products

    union all

    select
        product_id,
        unit,
        numerator,
        denominator,
        1 as rank,
        unit as bridge
    from product_units
),

-- A product that knows what a millilitre weighs knows it of a litre as well.
related as (
    select
        known.product_id,
        target.unit,
        known.numerator * target.base_quantity as numerator,
        known.denominator * origin.base_quantity as denominator,
        known.rank + 2 as rank,
        known.unit as bridge
    from known
    inner join standard_units as origin on known.unit = origin.unit
    inner join standard_units as target on origin.family = target.family and origin.unit <> target.unit
),

every as (
    select * from known
    union all
    select * from related
),

ranked as (
    select
        *,
        row_number() over (partition by product_id, unit order by rank, bridge) as place
    from every
),

final as (
    select
        product_id,
        unit,
        cast(numerator as numeric(38, 12)) as numerator,
        cast(denominator as numeric(38, 12)) as denominator
    from ranked
    where place = 1
)

select * from final
