-- Every line of the tills is in the mart once: same count, same money, and no line of a location that is not known.
with raw_lines as (
    select
        count(*) as line_count,
        coalesce(sum(net_sales), 0) as net_sales
    from {{ ref('stg_pos__order_lines') }}
),

mart_lines as (
    select
        count(*) as line_count,
        coalesce(sum(net_sales), 0) as net_sales
    from {{ ref('fct_sales') }}
)

select *
from raw_lines
inner join mart_lines on raw_lines.line_count <> mart_lines.line_count or raw_lines.net_sales <> mart_lines.net_sales
