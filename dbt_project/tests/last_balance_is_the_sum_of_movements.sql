-- The daily balances end exactly where the ledger's sum does.
with sums as (
    select
        inventory_item_id,
        sum(quantity_delta) as on_hand
    from {{ ref('fct_stock_movements') }}
    group by inventory_item_id
),

last_days as (
    select distinct on (inventory_item_id)
        inventory_item_id,
        on_hand
    from {{ ref('fct_stock_on_hand_daily') }}
    order by inventory_item_id, business_day desc
)

select sums.*, last_days.on_hand as last_on_hand
from sums
full join last_days on sums.inventory_item_id = last_days.inventory_item_id
where sums.on_hand is distinct from last_days.on_hand
