with source as (
    select * from {{ raw_table('operational', 'product_units') }}
),

final as (
    select
        cast(product_id as uuid) as product_id,
        cast(unit as text) as unit,
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator
    from source
)

select * from final
