{{ config(tags=['sales'], materialized='ephemeral') }}

{#- No view of its own: one that is built anew in every run would take the published view above it away for a moment. -#}
with source as (
    select * from {{ raw_table('quality', 'results') }}
),

final as (
    select
        cast(run_id as text) as run_id,
        cast(load_id as text) as load_id,
        cast(suite as text) as suite,
        cast(table_name as text) as table_name,
        cast(expectation as text) as expectation,
        cast(column_name as text) as column_name,
        cast(severity as text) as severity,
        cast(success as boolean) as is_as_expected,
        cast(observed_value as text) as observed_value,
        cast(unexpected_count as bigint) as unexpected_count,
        cast(sample as text) as sample,
        cast(reason as text) as reason,
        cast(evaluated_at as timestamptz) as evaluated_at
    from source
)

select * from final
