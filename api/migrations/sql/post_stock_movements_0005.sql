create or replace function post_stock_movements(p_movements jsonb, p_answer_alone boolean) returns setof stock_posted
language plpgsql set plan_cache_mode = force_generic_plan as $$
-- p_movements: a list of 1..500 stock_posting objects. With p_answer_alone a refused row is answered `rejected` and the
-- others are posted; without it one refused row means that none is posted.
declare
    c_limit constant numeric := 1e12;    -- what numeric(18, 6) holds
    v_rows stock_posting[];
    v_items uuid[]; v_locations uuid[]; v_currencies text[]; v_barred boolean[]; v_closed timestamptz[]; v_lotted boolean[];
    v_on_hand numeric[]; v_costs numeric[]; v_touched boolean[];
    v_ids uuid[]; v_wanted uuid[]; v_named uuid[]; v_reversed uuid[];
    v_standing stock_movements[]; v_known uuid[]; v_contents bytea[];
    r stock_posting; q stock_posting; v_first stock_movements;
    i integer; f integer; t integer; k integer;
    v_from numeric; v_to numeric; v_was numeric; v_value numeric; v_cost numeric; v_valued boolean;
    v_units numeric; v_rest numeric := 0;
    v_planned integer := 0; v_inserted integer; v_refused boolean := false;
    -- Lots: what each touched item holds of each lot, item by item in kitchen order (opened, best before, received).
    -- v_loose is what lies there without a lot: v_loose and the item's lots add up to on hand.
    v_with_lots boolean; v_loose numeric[]; v_zones text[]; v_on_road boolean[];
    l_item uuid[]; l_lot uuid[]; l_on_hand numeric[]; l_expires date[]; l_received timestamptz[]; l_touched boolean[];
    v_day date; v_left numeric; v_owed numeric; v_part numeric; v_take stock_lot_part[]; v_give stock_lot_part[];
    p stock_lot_part; v_moved stock_lot_part[] := '{}'; j integer;
begin
    select array_agg(s order by s.n), array_agg(s.id), array_agg(s.from_item_id) || array_agg(s.to_item_id),
           bool_or(s.lot_id is not null or s.lots is not null)
      into v_rows, v_ids, v_wanted, v_with_lots
      from jsonb_populate_recordset(null::stock_posting, p_movements) s;

    -- 1. Every balance that may move, locked in key order: two posters never hold each other up in a ring. A period that
    -- is being closed holds or waits for the same locks, so nobody slips past it.
    select array_agg(l.id), array_agg(l.location_id), array_agg(l.currency), array_agg(not l.allows_negative),
           array_agg(l.books_closed_until), array_agg(l.keeps_lots),
           array_agg(l.on_hand), array_agg(l.avg_cost), array_agg(false)
      into v_items, v_locations, v_currencies, v_barred, v_closed, v_lotted, v_on_hand, v_costs, v_touched
      from (select id, location_id, currency, allows_negative, books_closed_until, keeps_lots, on_hand, avg_cost
              from inventory_items
             where id = any (v_wanted)
             order by id for no key update) l;

    -- 2. What stands already under these ids; whoever posted it on the same items has committed by now. The ids are
    -- an array, so that only the partitions they can lie in are opened.
    select array_agg(m) into v_standing from stock_movements m where m.id = any (v_ids);
    select coalesce(array_agg(m.id), '{}'), coalesce(array_agg(m.content), '{}') into v_known, v_contents
      from unnest(v_standing) m;

    v_with_lots := v_with_lots or true = any (v_lotted);
    if v_with_lots then
        -- The lots that can move: those on hand, those named, those that a reversed row had moved.
        select array_agg(s.lot_id) || array_agg((e ->> 'lot_id')::uuid), array_agg(s.reverses_id) into v_named, v_reversed
          from unnest(v_rows) s left join jsonb_array_elements(s.lots) e on true;
        with moving as (
            select b.lot_id from lot_balances b where b.item_id = any (v_items) and b.on_hand <> 0
            union select unnest(v_named)
            union select a.lot_id from movement_lots a where a.movement_id = any (v_reversed)
        ), places as (
            select h.item_id, h.lot_id, h.on_hand, h.expires_on, h.received_at,
                   row_number() over (order by h.item_id, h.opened_at, h.expires_on, h.received_at, h.lot_id) as place
              from (select b.item_id, b.lot_id, b.on_hand, l.expires_on, b.received_at, b.opened_at
                      from moving m
                      join lots l on l.id = m.lot_id
                      join lot_balances b on b.lot_id = l.id and b.item_id = any (v_items)
                    union all
                    select h.id, l.id, 0, l.expires_on,
                           coalesce((select min(s.occurred_at) from unnest(v_rows) s where s.lot_id = l.id), l.created_at), null
                      from moving m
                      join lots l on l.id = m.lot_id
                      join inventory_items h on h.id = any (v_items) and h.product_id = l.product_id
                     where not exists (select from lot_balances b where b.lot_id = l.id and b.item_id = h.id)) h
        )
        select array_agg(item_id order by place), array_agg(lot_id order by place), array_agg(on_hand order by place),
               array_agg(expires_on order by place), array_agg(received_at order by place),
               array_agg(false)
          into l_item, l_lot, l_on_hand, l_expires, l_received, l_touched
          from places;
        select array_agg(h.on_hand - coalesce((select sum(b.on_hand) from lot_balances b where b.item_id = h.id and b.on_hand <> 0), 0)
                         order by h.place),
               array_agg(l.time_zone order by h.place), array_agg(coalesce(a.is_in_transit, false) order by h.place)
          into v_loose, v_zones, v_on_road
          from unnest(v_items, v_on_hand) with ordinality as h(id, on_hand, place)
          join inventory_items b on b.id = h.id
          join locations l on l.id = b.location_id
          left join storage_areas a on a.id = b.area_id;
    end if;

    -- 3. The fold over the rows in the order given: quantity, value, average cost, lots.
    for i in 1 .. cardinality(v_rows) loop
        r := v_rows[i];
        k := array_position(v_known, r.id);
        if k is not null then
            -- A duplicate is answered by the row that stands; of a conflict nothing is shown.
            if v_contents[k] <> r.content then
                r.status := 'conflict';
            elsif k <= cardinality(v_standing) then
                v_first := v_standing[k];
                r.kind := v_first.kind; r.product_id := v_first.product_id;
                r.from_item_id := v_first.from_item_id; r.to_item_id := v_first.to_item_id;
                r.quantity := v_first.quantity; r.unit := v_first.unit;
                r.value := v_first.value; r.currency := v_first.currency; r.status := 'duplicate';
            else
                select s.* into q from unnest(v_rows[1:i - 1]) s where s.id = r.id and s.status = 'posted';
                q.n := r.n; q.status := 'duplicate';
                r := q;
            end if;
            v_rest := 0;
            v_rows[i] := r;
            continue;
        end if;
        v_known := v_known || r.id;
        v_contents := v_contents || r.content;
        r.status := 'posted';
        r.quantity := round(r.quantity, 6);
        r.value := round(r.value, 6);
        r.occurred_at := case when r.occurred_at > clock_timestamp() + interval '5 minutes' then clock_timestamp() else r.occurred_at end;

        if r.is_count then
            -- The balance as of that moment is today's without what came and went since.
            t := array_position(v_items, r.to_item_id);
            v_was := v_on_hand[t] - balance_since(r.to_item_id, r.occurred_at)
                - coalesce((select sum(case when s.to_item_id = r.to_item_id then s.quantity else -s.quantity end)
                              from unnest(v_rows[1:i - 1]) s
                             where r.to_item_id in (s.from_item_id, s.to_item_id) and s.status = 'posted'
                               and s.occurred_at > r.occurred_at), 0);
            r.quantity := r.quantity - v_was;
            if r.quantity < 0 then
                r.from_item_id := r.to_item_id;
                r.to_item_id := null;
                r.quantity := -r.quantity;
            end if;
        end if;

        f := array_position(v_items, r.from_item_id);
        t := array_position(v_items, r.to_item_id);
        if (f is null and r.from_item_id is not null) or (t is null and r.to_item_id is not null) then
            raise exception 'there is no such inventory item' using errcode = 'foreign_key_violation';
        end if;

        if r.corrects_quantity is not null then
            -- A later difference in what goods cost: what is still on hand of them takes its share into the average, the
            -- rest is the period's. The sibling that follows takes the rest; nothing of the difference is lost.
            k := coalesce(f, t);
            if r.kind = 'cost_correction' then
                v_units := least(greatest(v_on_hand[k], 0), r.corrects_quantity);
                v_rest := r.value;
                r.value := round(r.value * v_units / r.corrects_quantity, 6);
                if f is not null then
                    r.value := least(r.value, trunc(greatest(v_on_hand[k], 0) * v_costs[k], 6));
                end if;
                v_rest := v_rest - r.value;
                if r.value <= 0 then
                    r.kind := 'price_variance';
                    r.value := v_rest;
                    v_units := r.corrects_quantity;
                    v_rest := 0;
                end if;
                r.entered_quantity := v_units;
            else
                r.value := v_rest;
                r.entered_quantity := r.corrects_quantity - v_units;
                v_rest := 0;
            end if;
        end if;

        v_valued := (r.value is not null or (f is not null and t is not null)) and r.kind <> 'price_variance';
        v_value := coalesce(r.value, round(r.quantity * v_costs[coalesce(f, t)], 6));
        v_from := v_on_hand[f] - r.quantity;
        v_to := v_on_hand[t] + r.quantity;
        r.currency := v_currencies[coalesce(f, t)];

        if r.occurred_at < v_closed[f] or r.occurred_at < v_closed[t] then
            r.status := 'rejected';
            r.error := 'period_locked';
        elsif v_from < 0 and v_barred[f] and r.quantity > 0 then
            r.status := 'rejected';
            r.error := 'insufficient_stock';
        elsif abs(v_from) >= c_limit or abs(v_to) >= c_limit or abs(v_value) >= c_limit then
            r.status := 'rejected';
            r.error := 'out_of_range';
        end if;

        -- Receipts move the average, issues leave at it; a reversed receipt takes its own value out again.
        v_cost := case
            when t is null then null
            when not v_valued then v_costs[t]
            when v_on_hand[t] > 0 then greatest(0, round((v_on_hand[t] * v_costs[t] + v_value) / v_to, 6))
            when r.quantity > 0 then greatest(0, round(v_value / r.quantity, 6))
            else v_costs[t] end;
        if v_cost >= c_limit then
            r.status := 'rejected';
            r.error := 'out_of_range';
        end if;

        if v_with_lots and r.quantity > 0 then
            v_take := '{}';
            v_give := '{}';
            -- 3a. Named lots, one or several, as parts of this row.
            if r.reverses_id is null and (r.lot_id is not null or r.lots is not null) then
                select array_agg(row(r.id, null, e.lot_id, e.quantity)::stock_lot_part), sum(e.quantity)
                  into v_take, v_part
                  from (select r.lot_id as lot_id, r.quantity as quantity where r.lots is null
                        union all
                        select (e ->> 'lot_id')::uuid, sum(round((e ->> 'quantity')::numeric, 6))
                          from jsonb_array_elements(r.lots) e group by 1) e;
                if v_part > r.quantity then
                    r.status := 'rejected';
                    r.error := 'lots_exceed_quantity';
                end if;
                foreach p in array v_take loop
                    v_part := null;
                    j := array_position(l_item, coalesce(r.from_item_id, r.to_item_id));
                    while l_item[j] = coalesce(r.from_item_id, r.to_item_id) loop
                        if l_lot[j] = p.lot_id then
                            v_part := l_on_hand[j];
                        end if;
                        j := j + 1;
                    end loop;
                    if v_part is null then
                        r.status := 'rejected';
                        r.error := 'lot_not_found';
                    elsif f is not null and v_barred[f] and v_part < p.quantity and r.status = 'posted' then
                        r.status := 'rejected';
                        r.error := 'insufficient_stock';
                    end if;
                end loop;
            -- 3b. A reversal moves the very lots that its row had moved, the other way round.
            elsif r.reverses_id is not null then
                select coalesce(array_agg(row(r.id, a.item_id, a.lot_id, a.quantity)::stock_lot_part) filter (where a.quantity > 0), '{}'),
                       coalesce(array_agg(row(r.id, a.item_id, a.lot_id, -a.quantity)::stock_lot_part) filter (where a.quantity < 0), '{}')
                  into v_take, v_give
                  from movement_lots a where a.movement_id = r.reverses_id;
            -- 3c. Nobody said which: what has no lot lay there before lots were kept and goes first, then the lots in
            -- kitchen order. What has expired is left, unless a count says that it is gone or it arrives from the road.
            elsif f is not null then
                v_left := r.quantity - least(r.quantity, greatest(v_loose[f], 0));
                v_day := (r.occurred_at at time zone v_zones[f])::date;
                for k in 1 .. 2 loop
                    exit when v_left = 0 or (k = 2 and r.kind <> 'count_correction' and not v_on_road[f]);
                    j := array_position(l_item, r.from_item_id);
                    while v_left > 0 and l_item[j] = r.from_item_id loop
                        if l_on_hand[j] > 0 and coalesce(l_expires[j] < v_day, false) = (k = 2) then
                            v_part := least(v_left, l_on_hand[j]);
                            v_take := v_take || row(r.id, r.from_item_id, l_lot[j], v_part)::stock_lot_part;
                            v_left := v_left - v_part;
                        end if;
                        j := j + 1;
                    end loop;
                end loop;
                if v_left > 0 and v_barred[f] and v_from >= 0 and r.kind <> 'count_correction' and r.status = 'posted' then
                    r.status := 'rejected';
                    r.error := 'expired_stock';
                end if;
            end if;
            -- What leaves one item with its lots enters the other with them; what comes from outside brings its own.
            if r.reverses_id is null and t is not null then
                v_give := v_take;
            end if;
            if r.reverses_id is null and f is null then
                v_take := '{}';
            end if;
        end if;

        if r.status = 'rejected' then
            v_refused := true;
            v_known := trim_array(v_known, 1);       -- a refusal does not use the id up
            v_contents := trim_array(v_contents, 1);
            v_rest := 0;
            v_rows[i] := r;
            continue;
        end if;

        if v_with_lots and r.quantity > 0 then
            if f is not null then
                v_left := r.quantity;
                foreach p in array v_take loop
                    j := array_position(l_item, r.from_item_id);
                    while l_item[j] = r.from_item_id loop
                        if l_lot[j] = p.lot_id then
                            l_on_hand[j] := l_on_hand[j] - p.quantity;
                            l_touched[j] := true;
                        end if;
                        j := j + 1;
                    end loop;
                    v_moved := v_moved || row(r.id, r.from_item_id, p.lot_id, -p.quantity)::stock_lot_part;
                    v_left := v_left - p.quantity;
                end loop;
                v_loose[f] := v_loose[f] - v_left;
            end if;
            if t is not null then
                -- Goods that were used before their delivery was booked are settled out of what comes in.
                v_left := r.quantity - coalesce((select sum(g.quantity) from unnest(v_give) g), 0);
                v_owed := case when r.reverses_id is null then greatest(0, -(v_loose[t] + v_left)) else 0 end;
                foreach p in array v_give loop
                    v_part := p.quantity - least(p.quantity, v_owed);
                    v_owed := v_owed - (p.quantity - v_part);
                    v_left := v_left + (p.quantity - v_part);
                    j := array_position(l_item, r.to_item_id);
                    while l_item[j] = r.to_item_id loop
                        if l_lot[j] = p.lot_id then
                            l_on_hand[j] := l_on_hand[j] + v_part;
                            l_touched[j] := true;
                        end if;
                        j := j + 1;
                    end loop;
                    v_lotted[t] := true;
                    v_moved := v_moved || row(r.id, r.to_item_id, p.lot_id, v_part)::stock_lot_part;
                end loop;
                v_loose[t] := v_loose[t] + v_left;
            end if;
        end if;

        if f is not null then
            if r.value is not null and v_valued and v_from > 0 and v_on_hand[f] * v_costs[f] >= r.value then
                v_costs[f] := round((v_on_hand[f] * v_costs[f] - r.value) / v_from, 6);
            end if;
            v_on_hand[f] := v_from;
            v_touched[f] := true;
        end if;
        if t is not null then
            v_costs[t] := v_cost;
            v_on_hand[t] := v_to;
            v_touched[t] := true;
        end if;
        r.value := v_value;
        v_rows[i] := r;
        v_planned := v_planned + (r.quantity > 0 or v_value <> 0)::integer;
    end loop;

    if v_planned > 0 and (p_answer_alone or not v_refused) then
        -- 4. The rows. Somebody may have used an id on other items a moment ago: then the caller tries again and sees it.
        insert into stock_movements (id, kind, from_item_id, to_item_id, product_id, quantity, unit, entered_quantity,
               entered_unit, lot_id, value, currency, occurred_at, actor_id, device_id, source, reason_code, reference,
               reverses_id, content)
        select s.id, s.kind, s.from_item_id, s.to_item_id, s.product_id, s.quantity, s.unit, s.entered_quantity,
               s.entered_unit, s.lot_id, s.value, s.currency, s.occurred_at, s.actor_id, s.device_id, s.source,
               s.reason_code, s.reference, s.reverses_id, s.content
          from unnest(v_rows) s
         where s.status = 'posted' and (s.quantity > 0 or s.value <> 0)
        on conflict do nothing;
        get diagnostics v_inserted = row_count;
        if v_inserted <> v_planned then
            raise exception 'an id was used by somebody else at the same moment' using errcode = 'serialization_failure';
        end if;

        -- 5. The balances, once per item, and those of its lots.
        update inventory_items b
           set on_hand = d.on_hand, avg_cost = d.cost, keeps_lots = d.lotted, version = b.version + 1,
               updated_at = clock_timestamp()
          from unnest(v_items, v_on_hand, v_costs, v_lotted, v_touched) as d(id, on_hand, cost, lotted, touched)
         where b.id = d.id and d.touched;
        if cardinality(v_moved) > 0 then
            insert into movement_lots (movement_id, item_id, lot_id, quantity)
            select m.movement_id, m.item_id, m.lot_id, m.quantity from unnest(v_moved) m where m.quantity <> 0;
            insert into lot_balances (item_id, lot_id, on_hand, received_at)
            select d.item_id, d.lot_id, d.on_hand, d.received_at
              from unnest(l_item, l_lot, l_on_hand, l_received, l_touched) as d(item_id, lot_id, on_hand, received_at, touched)
             where d.touched
             order by d.item_id, d.lot_id
            on conflict (item_id, lot_id) do update set on_hand = excluded.on_hand;
        end if;

        -- 6. What others must hear.
        insert into outbox_events (type, subject_id, payload)
        select 'stock_movement.posted.v1', s.id, jsonb_build_object(
                   'movement_id', s.id, 'kind', s.kind, 'product_id', s.product_id,
                   'item_ids', array_remove(array[s.from_item_id, s.to_item_id], null),
                   'location_ids', array_remove(array[v_locations[array_position(v_items, s.from_item_id)],
                                                      v_locations[array_position(v_items, s.to_item_id)]], null),
                   'quantity', trim_scale(s.quantity)::text, 'unit', s.unit, 'occurred_at', s.occurred_at)
          from unnest(v_rows) s
         where s.status = 'posted' and (s.quantity > 0 or s.value <> 0);
    end if;

    -- 7. An answer for each row sent, in order, with the balances as they are now.
    if v_refused and not p_answer_alone then
        v_items := '{}';   -- nothing was written: the fold's balances are not those of the tables
    end if;
    return query
    select s.n, s.id, s.status, s.error, s.kind, s.product_id, s.from_item_id, s.to_item_id, s.quantity, s.unit,
           coalesce(s.value, 0), coalesce(s.currency, ''),
           case when s.status <> 'conflict' and s.from_item_id is not null then
               coalesce(v_on_hand[array_position(v_items, s.from_item_id)],
                        (select b.on_hand from inventory_items b where b.id = s.from_item_id)) end,
           case when s.status <> 'conflict' and s.to_item_id is not null then
               coalesce(v_on_hand[array_position(v_items, s.to_item_id)],
                        (select b.on_hand from inventory_items b where b.id = s.to_item_id)) end
      from unnest(v_rows) s
     order by s.n;
end $$
