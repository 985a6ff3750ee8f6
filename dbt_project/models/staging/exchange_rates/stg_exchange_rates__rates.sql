with source as (
    select * from {{ raw_table('exchange_rates', 'rates') }}
),

final as (
    select
        cast(base_currency as text) as base_currency,
        cast(quote_currency as text) as quote_currency,
        cast(valid_from as date) as valid_from,
        cast(rate as numeric(24, 12)) as rate
    from source
)

select * from final
