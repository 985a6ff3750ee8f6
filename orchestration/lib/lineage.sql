-- From a row of a mart to what it was made of. Every function reads marts with the asker's own rights, so nobody learns
-- more from an explanation than from the marts, and speaks of them in text, so that a mart may be replaced under it.
--
-- A record says to which figure of the row it adds how much; over all records of a figure the amounts are the figure,
-- rounded to six places. A record whose figure is null adds nothing and shows where the row comes from.

create schema lineage;

create function lineage.keys() returns table (mart text, columns text[])
language sql immutable as $$
    values
    ('fct_actual_vs_theoretical', array['location_id', 'product_id', 'period_number']),
    ('fct_inventory_value_daily', array['location_id', 'business_day', 'category', 'currency']),
    ('fct_purchase_order_lines', array['purchase_order_line_id']),
    ('fct_sales', array['sale_line_id']),
    ('fct_stock_on_hand_daily', array['inventory_item_id', 'business_day']),
    ('fct_supplier_performance', array['supplier_id', 'location_id', 'period']),
    ('fct_theoretical_usage', array['location_id', 'business_day', 'product_id', 'menu_item_id']),
    ('fct_waste', array['location_id', 'business_day', 'product_id', 'reason_code', 'currency'])
$$;

create type lineage.record as (
    figure text,
    amount numeric,
    record text, -- movement, sale, recipe_use, purchase_order_line or receipt
    record_id text,
    kind text, -- of a movement; of a sale the item; of an order line its status
    quantity numeric,
    value numeric,
    currency text,
    occurred_at timestamptz,
    recorded_at timestamptz,
    business_day date,
    source text, -- of a movement scan, count, pos …; of a sale the till's file
    reason_code text,
    reference text -- a document; of a sale the line of the file
);

create function lineage.fct_stock_on_hand_daily(p_inventory_item_id uuid, p_business_day date)
returns setof lineage.record language sql stable as $$
    select part.figure, part.amount, 'movement', m.movement_id::text, m.kind, m.quantity_delta, m.value_delta, m.currency,
        m.occurred_at, m.recorded_at, m.business_day, m.source, m.reason_code, m.reference
    from marts.fct_stock_movements as m
    cross join lateral (values ('on_hand', m.quantity_delta), ('value', m.value_delta)) as part (figure, amount)
    where m.inventory_item_id = p_inventory_item_id and m.business_day <= p_business_day
$$;

create function lineage.fct_inventory_value_daily(p_location_id uuid, p_business_day date, p_category text, p_currency text)
returns setof lineage.record language sql stable as $$
    select 'value', m.value_delta, 'movement', m.movement_id::text, m.kind, m.quantity_delta, m.value_delta, m.currency,
        m.occurred_at, m.recorded_at, m.business_day, m.source, m.reason_code, m.reference
    from marts.fct_stock_movements as m
    inner join marts.dim_product as p on m.product_id = p.product_id
    where m.location_id = p_location_id and m.business_day <= p_business_day
        and p.category is not distinct from p_category and m.currency = p_currency
$$;

create function lineage.fct_waste(
    p_location_id uuid, p_business_day date, p_product_id uuid, p_reason_code text, p_currency text
)
returns setof lineage.record language sql stable as $$
    select part.figure, part.amount, 'movement', m.movement_id::text, m.kind, m.quantity_delta, m.value_delta, m.currency,
        m.occurred_at, m.recorded_at, m.business_day, m.source, m.reason_code, m.reference
    from marts.fct_stock_movements as m
    cross join lateral (
        values
        ('quantity', -m.quantity_delta),
        ('value', -m.value_delta),
        ('records', case when m.reverses_id is null then 1 else -1 end)
    ) as part (figure, amount)
    where m.location_id = p_location_id and m.business_day = p_business_day and m.product_id = p_product_id
        and m.kind = 'waste' and coalesce(m.reason_code, '') = p_reason_code and m.currency = p_currency
$$;

-- Movements between the two counts, what was there before them, and what the recipes say that the sales took.
create function lineage.fct_actual_vs_theoretical(p_location_id uuid, p_product_id uuid, p_period_number integer)
returns setof lineage.record language sql stable as $$
    with period as (
        select * from marts.fct_actual_vs_theoretical
        where location_id = p_location_id and product_id = p_product_id and period_number = p_period_number
    ),
    legs as (
        select m.*,
            m.occurred_at <= period.started_at as is_before,
            m.kind in ('sale', 'consumption', 'waste', 'count_correction', 'adjustment') as is_use,
            m.kind in ('count_correction', 'adjustment')
            and coalesce(m.reason_code, '') = any (array[{booking_error_reasons}]) as is_booking_error
        from marts.fct_stock_movements as m
        cross join period
        where m.location_id = p_location_id and m.product_id = p_product_id and m.occurred_at <= period.ended_at
    )
    select part.figure, part.amount, 'movement', m.movement_id::text, m.kind, m.quantity_delta, m.value_delta, m.currency,
        m.occurred_at, m.recorded_at, m.business_day, m.source, m.reason_code, m.reference
    from legs as m
    cross join lateral (
        values
        ('opening_quantity', m.quantity_delta, m.is_before),
        ('opening_value', m.value_delta, m.is_before),
        ('closing_quantity', m.quantity_delta, true),
        ('closing_value', m.value_delta, true),
        ('received_quantity', m.quantity_delta, not m.is_before and m.kind in ('receipt', 'return_to_supplier', 'opening')),
        ('transferred_quantity', m.quantity_delta, not m.is_before and m.kind = 'transfer'),
        ('produced_quantity', m.quantity_delta, not m.is_before and m.kind = 'production'),
        ('actual_quantity', -m.quantity_delta, not m.is_before and m.is_use),
        ('actual_value', m.price_variance - case when m.is_use then m.value_delta else 0 end,
            not m.is_before and (m.is_use or m.price_variance <> 0)),
        ('waste_quantity', -m.quantity_delta, not m.is_before and m.kind = 'waste'),
        ('other_use_quantity', -m.quantity_delta,
            not m.is_before and (m.kind = 'consumption' or (m.kind = 'adjustment' and not m.is_booking_error))),
        ('correction_quantity', -m.quantity_delta, not m.is_before and m.is_booking_error)
    ) as part (figure, amount, belongs)
    where part.belongs

    union all

    select 'theoretical_quantity', sold.amount, 'recipe_use', concat_ws(' ', sold.business_day, sold.menu_item_id),
        item.name, sold.amount, null::numeric, null, null::timestamptz, null::timestamptz, sold.business_day, null, null,
        item.code
    from (
        select u.business_day, u.menu_item_id,
            case when u.business_day = period.end_day
                then coalesce(u.quantity * coalesce(s.before_end, 0) / nullif(s.units, 0), 0)
                else u.quantity end
            - case when u.business_day = period.start_day
                then coalesce(u.quantity * coalesce(s.before_start, 0) / nullif(s.units, 0), 0)
                else 0 end as amount
        from period
        inner join marts.fct_theoretical_usage as u
            on u.location_id = p_location_id and u.product_id = p_product_id
            and u.business_day between period.start_day and period.end_day
        cross join lateral (
            select sum(f.quantity) as units,
                sum(f.quantity) filter (where f.sold_at <= period.started_at) as before_start,
                sum(f.quantity) filter (where f.sold_at <= period.ended_at) as before_end
            from marts.fct_sales as f
            where f.location_id = p_location_id and f.business_day = u.business_day and f.menu_item_id = u.menu_item_id
                and u.business_day in (period.start_day, period.end_day)
        ) as s
    ) as sold
    left join marts.dim_menu_item as item on sold.menu_item_id = item.menu_item_id
    where sold.amount <> 0
$$;

create function lineage.fct_sales(p_sale_line_id text) returns setof lineage.record language sql stable as $$
    select part.figure, part.amount, 'sale', f.sale_line_id, f.item_name, f.quantity, f.net_sales, f.currency, f.sold_at,
        f.loaded_at, f.business_day, f.source_file, null, f.source_line::text
    from marts.fct_sales as f
    cross join lateral (values ('quantity', f.quantity), ('net_sales', f.net_sales)) as part (figure, amount)
    where f.sale_line_id = p_sale_line_id
$$;

-- A day's use of a menu item is shared out among its lines by their units; the last line takes what rounding leaves.
-- The movements that took the product from stock for that day's sales stand beside it.
create function lineage.fct_theoretical_usage(
    p_location_id uuid, p_business_day date, p_product_id uuid, p_menu_item_id uuid
)
returns setof lineage.record language sql stable as $$
    select 'quantity',
        round(u.quantity * f.until_here / nullif(f.units, 0), 6)
        - round(u.quantity * (f.until_here - f.quantity) / nullif(f.units, 0), 6),
        'sale', f.sale_line_id, f.item_name, f.quantity, f.net_sales, f.currency, f.sold_at,
        f.loaded_at, f.business_day, f.source_file, null, f.source_line::text
    from marts.fct_theoretical_usage as u
    inner join (
        select *, sum(quantity) over (order by sold_at, sale_line_id) as until_here, sum(quantity) over () as units
        from marts.fct_sales
        where location_id = p_location_id and business_day = p_business_day and menu_item_id = p_menu_item_id
    ) as f on true
    where u.location_id = p_location_id and u.business_day = p_business_day and u.product_id = p_product_id
        and u.menu_item_id = p_menu_item_id

    union all

    select null, null::numeric, 'movement', m.movement_id::text, m.kind, m.quantity_delta, m.value_delta, m.currency,
        m.occurred_at, m.recorded_at, m.business_day, m.source, m.reason_code, m.reference
    from marts.fct_stock_movements as m
    where m.location_id = p_location_id and m.business_day = p_business_day and m.product_id = p_product_id
        and m.kind = 'sale'
$$;

create function lineage.fct_purchase_order_lines(p_purchase_order_line_id uuid)
returns setof lineage.record language sql stable as $$
    select part.figure, part.amount, 'receipt', r.purchase_order_receipt_id::text, 'receipt', r.packs, r.packs * r.price,
        r.currency, r.occurred_at, m.recorded_at, m.business_day, m.source, m.reason_code, m.reference
    from marts.fct_purchase_order_receipts as r
    left join marts.fct_stock_movements as m on m.movement_leg_id = r.purchase_order_receipt_id::text || ':in'
    cross join lateral (
        values ('packs_received', r.packs), ('received_value', r.packs * r.price)
    ) as part (figure, amount)
    where r.purchase_order_line_id = p_purchase_order_line_id
$$;

create function lineage.fct_supplier_performance(p_supplier_id uuid, p_location_id uuid, p_period date)
returns setof lineage.record language sql stable as $$
    select part.figure, 1, 'purchase_order_line', l.purchase_order_line_id::text, l.status, l.packs_received,
        l.received_value, l.currency, l.completed_at, null::timestamptz, l.expected_on, null, null, l.number
    from marts.fct_purchase_order_lines as l
    cross join lateral (
        values
        ('lines_due', true),
        ('lines_on_time', l.is_on_time),
        ('lines_in_full', l.is_in_full),
        ('lines_otif', l.is_on_time and l.is_in_full),
        ('lines_priced', l.is_at_agreed_price is not null)
    ) as part (figure, belongs)
    where l.supplier_id = p_supplier_id and l.location_id = p_location_id and l.is_due and part.belongs
        and l.expected_on >= p_period and l.expected_on < p_period + interval '1 month'
$$;

-- The same by the mart's name and the row's key, {"column": "value"} for each column of lineage.keys().
create function lineage.explain(p_mart text, p_key jsonb) returns setof lineage.record
language plpgsql stable as $$
begin
    case p_mart
        when 'fct_stock_on_hand_daily' then return query select * from lineage.fct_stock_on_hand_daily(
            (p_key ->> 'inventory_item_id')::uuid, (p_key ->> 'business_day')::date);
        when 'fct_inventory_value_daily' then return query select * from lineage.fct_inventory_value_daily(
            (p_key ->> 'location_id')::uuid, (p_key ->> 'business_day')::date, p_key ->> 'category', p_key ->> 'currency');
        when 'fct_waste' then return query select * from lineage.fct_waste(
            (p_key ->> 'location_id')::uuid, (p_key ->> 'business_day')::date, (p_key ->> 'product_id')::uuid,
            p_key ->> 'reason_code', p_key ->> 'currency');
        when 'fct_actual_vs_theoretical' then return query select * from lineage.fct_actual_vs_theoretical(
            (p_key ->> 'location_id')::uuid, (p_key ->> 'product_id')::uuid, (p_key ->> 'period_number')::integer);
        when 'fct_sales' then return query select * from lineage.fct_sales(p_key ->> 'sale_line_id');
        when 'fct_theoretical_usage' then return query select * from lineage.fct_theoretical_usage(
            (p_key ->> 'location_id')::uuid, (p_key ->> 'business_day')::date, (p_key ->> 'product_id')::uuid,
            (p_key ->> 'menu_item_id')::uuid);
        when 'fct_purchase_order_lines' then return query select * from lineage.fct_purchase_order_lines(
            (p_key ->> 'purchase_order_line_id')::uuid);
        when 'fct_supplier_performance' then return query select * from lineage.fct_supplier_performance(
            (p_key ->> 'supplier_id')::uuid, (p_key ->> 'location_id')::uuid, (p_key ->> 'period')::date);
        else raise exception 'no row of % can be explained', p_mart using errcode = 'invalid_parameter_value';
    end case;
end $$;

grant usage on schema lineage to analyst, stockpot_reader;
grant execute on all functions in schema lineage to analyst, stockpot_reader;
