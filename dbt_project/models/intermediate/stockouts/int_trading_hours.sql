{#- When a location's tills were busy: from the first sale of a day to its last. -#}
with sales as (
    select * from {{ ref('int_sales_mapped') }}
),

final as (
    select
        location_id,
        business_day,
        max(currency) as currency,
        min(sold_at) as opened_at,
        max(sold_at) as closed_at
    from sales
    group by location_id, business_day
    having max(sold_at) > min(sold_at)
)

select * from final
