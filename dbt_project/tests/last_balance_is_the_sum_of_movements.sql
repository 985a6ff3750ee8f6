-- The daily balances end exactly where the sum of all that moved does.
with sums as (
    select
        location_id,
        product_id,
        sum(quantity_delta) as on_hand
    from {{ ref('int_movements_daily') }}
    group by location_id, product_id
),

newest as (
    {{ last_rows(ref('fct_stock_on_hand_daily')) }}
),

last_days as (
    select distinct on (inventory_item_id)
        inventory_item_id,
        location_id,
        product_id,
        on_hand
    from newest
    order by inventory_item_id, business_day desc
),

balances as (
    select
        location_id,
        product_id,
        sum(on_hand) as on_hand
    from last_days
    group by location_id, product_id
)

select
    sums.*,
    balances.on_hand as last_on_hand
from sums
full join balances on sums.location_id = balances.location_id and sums.product_id = balances.product_id
where sums.on_hand is distinct from balances.on_hand
