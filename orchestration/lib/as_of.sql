create or replace function marts.stock_as_of(as_of timestamptz, known_at timestamptz default null)
returns table (
    inventory_item_id uuid, product_id uuid, location_id uuid, on_hand numeric, value numeric, currency text
)
language sql stable as $$
    with places as (
        select
            dim.location_id,
            ((stock_as_of.as_of at time zone dim.time_zone) - dim.day_cutoff)::date as business_day
        from marts.dim_location as dim
    ),

    parts as (
        -- What the day before ended with, as it is known now.
        select d.inventory_item_id, d.product_id, d.location_id, d.on_hand, d.value, d.currency
        from marts.fct_stock_on_hand_daily as d
        inner join places on d.location_id = places.location_id and d.business_day = places.business_day - 1

        union all

        -- What happened of the day itself until then.
        select m.inventory_item_id, m.product_id, m.location_id, m.quantity_delta, m.value_delta, m.currency
        from marts.fct_stock_movements as m
        inner join places on m.location_id = places.location_id and m.business_day = places.business_day
        where m.occurred_at <= stock_as_of.as_of

        union all

        -- Less what nobody knew yet.
        select m.inventory_item_id, m.product_id, m.location_id, -m.quantity_delta, -m.value_delta, m.currency
        from marts.fct_stock_movements as m
        where
            stock_as_of.known_at is not null
            and m.recorded_at > stock_as_of.known_at and m.occurred_at <= stock_as_of.as_of
    )

    select
        parts.inventory_item_id, parts.product_id, parts.location_id, sum(parts.on_hand), sum(parts.value), parts.currency
    from parts
    group by parts.inventory_item_id, parts.product_id, parts.location_id, parts.currency
$$;

comment on function marts.stock_as_of is
'What was on hand, and its value, at a moment as it was known at another (null: as known now); one row per item and '
'currency, of the locations that the reader may see.'
