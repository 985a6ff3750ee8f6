{{ config(
    tags=['sales'],
    schema='marts',
    materialized='view',
    grants={'select': ['analyst', 'stockpot_reader']} if target.type == 'postgres' else {},
) }}

{#- A view among the published marts, over what the gates wrote: it also tells of runs that a gate stopped, which publish
    nothing. Everything else in `marts` changes hands with a load. A sample may name rows of any location, so whoever may
    not read all of them sees none. -#}
with results as (
    select * from {{ ref('stg_quality__results') }}
),

stretches as (
    select
        *,
        sum(case when is_as_expected then 1 else 0 end) over (
            partition by suite, table_name, expectation order by evaluated_at
        ) as stretch
    from results
),

final as (
    select
        run_id,
        suite,
        table_name,
        expectation,
        column_name,
        severity,
        is_as_expected,
        observed_value,
        unexpected_count,
        case when {{ reads_every_location() }} then sample else '[]' end as sample,
        reason,
        evaluated_at,
        cast(evaluated_at at time zone 'UTC' as date) as evaluated_on,
        cast(
            sum(case when is_as_expected then 0 else 1 end) over (
                partition by suite, table_name, expectation, stretch order by evaluated_at
            ) as integer
        ) as failing_runs,
        load_id
    from stretches
)

select * from final
