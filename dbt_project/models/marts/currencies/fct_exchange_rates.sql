{{ config(indexes=[{'columns': ['currency', 'valid_from'], 'unique': true}]) }}

{#- A pair that is stated the other way round counts as well; where both are stated for a day, the direct one does. -#}
with rates as (
    select * from {{ ref('stg_exchange_rates__rates') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

reporting as (
    select {{ reporting_currency('locations') }} as currency
),

known as (
    select
        rates.base_currency as currency,
        reporting.currency as reporting_currency,
        rates.valid_from,
        rates.rate,
        0 as rank
    from rates
    inner join reporting on rates.quote_currency = reporting.currency

    union all

    select
        rates.quote_currency as currency,
        reporting.currency as reporting_currency,
        rates.valid_from,
        1 / rates.rate as rate,
        1 as rank
    from rates
    inner join reporting on rates.base_currency = reporting.currency

    union all

    select
        currency,
        currency as reporting_currency,
        cast('1900-01-01' as date) as valid_from,
        1 as rate,
        2 as rank
    from reporting
    where currency is not null
),

ranked as (
    select
        *,
        row_number() over (partition by currency, valid_from order by rank) as place
    from known
),

final as (
    select
        currency,
        reporting_currency,
        valid_from,
        lead(valid_from) over (partition by currency order by valid_from) - 1 as valid_until,
        cast(rate as numeric(24, 12)) as rate,
        {{ load_id() }} as load_id
    from ranked
    where place = 1
)

select * from final
