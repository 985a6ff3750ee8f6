{{ config(indexes=[
    {'columns': ['supplier_id', 'location_id', 'period'], 'unique': true},
]) }}

with lines as (
    select
        *,
        cast(date_trunc('month', expected_on) as date) as period,
        extract(epoch from complete_at - sent_at) / 86400 as lead_time_days
    from {{ ref('int_purchase_order_lines_received') }}
    where is_due
),

counted as (
    select
        supplier_id,
        location_id,
        period,
        count(*) as lines_due,
        count(*) filter (where is_on_time) as lines_on_time,
        count(*) filter (where is_in_full) as lines_in_full,
        count(*) filter (where is_on_time and is_in_full) as lines_otif,
        sum(least(packs_received, packs_ordered)) / sum(packs_ordered) as fill_rate,
        percentile_cont(0.5) within group (order by lead_time_days) as lead_time_days_median,
        percentile_cont(0.9) within group (order by lead_time_days) as lead_time_days_p90,
        count(*) filter (where is_at_agreed_price is not null) as lines_priced,
        count(*) filter (where is_at_agreed_price) as lines_at_agreed_price
    from lines
    group by supplier_id, location_id, period
),

final as (
    select
        supplier_id,
        location_id,
        period,
        cast(lines_due as integer) as lines_due,
        cast(lines_on_time as integer) as lines_on_time,
        cast(lines_in_full as integer) as lines_in_full,
        cast(lines_otif as integer) as lines_otif,
        cast(1.0 * lines_on_time / lines_due as numeric(9, 6)) as on_time_rate,
        cast(1.0 * lines_in_full / lines_due as numeric(9, 6)) as in_full_rate,
        cast(1.0 * lines_otif / lines_due as numeric(9, 6)) as otif_rate,
        cast(fill_rate as numeric(9, 6)) as fill_rate,
        cast(lead_time_days_median as numeric(9, 3)) as lead_time_days_median,
        cast(lead_time_days_p90 as numeric(9, 3)) as lead_time_days_p90,
        cast(1.0 * lines_at_agreed_price / nullif(lines_priced, 0) as numeric(9, 6)) as price_adherence,
        cast(lines_priced as integer) as lines_priced,
        {{ load_id() }} as load_id
    from counted
)

select * from final
