{#- Each ordered line with what came for it, at which prices, and whether that was punctual and whole. -#}
with orders as (
    select * from {{ ref('stg_operational__purchase_orders') }}
),

lines as (
    select * from {{ ref('stg_operational__purchase_order_lines') }}
),

receipts as (
    select * from {{ ref('stg_operational__purchase_order_receipts') }}
),

suppliers as (
    select * from {{ ref('stg_operational__suppliers') }}
),

locations as (
    select * from {{ ref('stg_operational__locations') }}
),

received as (
    select
        purchase_order_line_id,
        sum(packs * price) as received_value,
        max(price) as highest_price,
        max(occurred_at) as last_received_at
    from receipts
    group by purchase_order_line_id
),

joined as (
    select
        lines.purchase_order_line_id,
        lines.purchase_order_id,
        orders.number,
        orders.supplier_id,
        orders.location_id,
        lines.product_id,
        orders.status,
        orders.ordered_at,
        orders.sent_at,
        orders.expected_on,
        lines.completed_at,
        lines.packs_ordered,
        lines.packs_received,
        lines.pack_quantity,
        lines.pack_unit,
        lines.price,
        cast(lines.packs_ordered * lines.price as numeric(18, 6)) as ordered_value,
        cast(coalesce(received.received_value, lines.packs_received * lines.price) as numeric(18, 6)) as received_value,
        received.highest_price,
        coalesce(
            lines.completed_at,
            case
                when lines.packs_received >= lines.packs_ordered * (1 - {{ var('in_full_tolerance') }})
                    then received.last_received_at
            end
        ) as complete_at,
        orders.currency,
        {{ business_day_end('orders.expected_on', 'locations.time_zone', 'locations.day_cutoff') }}
        + suppliers.on_time_grace_hours * interval '1 hour' as due_at
    from lines
    inner join orders on lines.purchase_order_id = orders.purchase_order_id
    inner join suppliers on orders.supplier_id = suppliers.supplier_id
    inner join locations on orders.location_id = locations.location_id
    left join received on lines.purchase_order_line_id = received.purchase_order_line_id
),

final as (
    select
        *,
        -- Due is what was sent, is not cancelled, and was promised for a day that is over or has come already.
        coalesce(
            sent_at is not null and status <> 'cancelled'
            and (complete_at is not null or due_at <= current_timestamp),
            false
        ) and expected_on is not null as is_due,
        coalesce(complete_at <= due_at, false) as is_on_time,
        complete_at is not null as is_in_full,
        highest_price <= price * (1 + {{ var('price_tolerance') }}) as is_at_agreed_price
    from joined
)

select * from final
