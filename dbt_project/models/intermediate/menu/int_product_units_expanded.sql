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
        0 as rank
    from products

    union all

    select
        product_id,
        unit,
        numerator,
        denominator,
        1 as rank
    from product_units
),

-- A product that knows what a millilitre weighs knows it of a litre as well.
related as (
    select
        known.product_id,
        target.unit,
        known.numerator * target.smallest as numerator,
        known.denominator * origin.smallest as denominator,
        known.rank + 2 as rank
    from known
    inner join standard_units as origin on known.unit = origin.unit
    inner join standard_units as target on origin.kind = target.kind and origin.unit <> target.unit
),

every as (
    select * from known
    union all
    select * from related
),

ranked as (
    select
        *,
        row_number() over (partition by product_id, unit order by rank, denominator) as place
    from every
),

final as (
    select
        product_id,
        unit,
        numerator,
        denominator
    from ranked
    where place = 1
)

select * from final
