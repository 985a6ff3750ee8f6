{#- Every day that a fact may name, from the first movement or sale to a year from now (forecasts, promised days). -#}
with movements as (
    select * from {{ ref('int_location_movements_daily') }}
),

sales as (
    select * from {{ ref('int_item_sales_daily') }}
),

seen as (
    select business_day from movements
    union
    select business_day from sales
    union
    select current_date as business_day
),

bounds as (
    select
        min(business_day) as first_day,
        current_date + 365 as last_day
    from seen
),

days as (
    select cast(day.date_day as date) as date_day
    from bounds
    cross join lateral generate_series(bounds.first_day, bounds.last_day, interval '1 day') as day (date_day)
),

final as (
    select
        date_day,
        cast(extract(isoyear from date_day) as integer) as iso_year,
        cast(extract(week from date_day) as integer) as iso_week,
        cast(extract(isodow from date_day) as integer) as iso_weekday,
        cast(date_trunc('week', date_day) as date) as week_start,
        cast(date_trunc('month', date_day) as date) as month_start,
        extract(isodow from date_day) >= 6 as is_weekend,
        {{ load_id() }} as load_id
    from days
)

select * from final
