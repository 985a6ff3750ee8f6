-- Marts sum a location's money: a second currency in its ledger would be added to the first unseen.
select balances.*
from {{ ref('fct_inventory_value_daily') }} as balances
inner join {{ ref('dim_location') }} as locations on balances.location_id = locations.location_id
where balances.currency <> locations.currency
