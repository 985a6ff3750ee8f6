create function post_plain_scans(
    p_items uuid[], p_places integer[], p_ids uuid[], p_kinds text[], p_leaves boolean[], p_products uuid[],
    p_quantities numeric[], p_units text[], p_entered numeric[], p_entered_units text[], p_codes text[], p_reasons text[],
    p_locations uuid[], p_actors uuid[], p_devices text[], p_occurred timestamptz[], p_contents bytea)
returns table (on_hand text, reorder boolean)
language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
-- What most scans are: goods that come or go at their average cost, at one item, without a lot. `p_items` are the items
-- in the order of their keys, `p_places` the place of each scan's item among them; the other columns are one element
-- per scan. Posts all of them as post_scans() would, in a few statements over sets, and answers each in order; where
-- anything at all asks for more thought it changes nothing and answers no row, and post_scans() is asked instead.
declare
    c_limit constant numeric := 1e12;    -- what numeric(18, 6) holds
    v_now constant timestamptz := clock_timestamp();
    v_first constant timestamptz := (select min(o) from unnest(p_occurred) o);
    v_items uuid[]; v_on_hand numeric[]; v_costs numeric[]; v_currencies text[]; v_barred boolean[]; v_is_plain boolean;
    v_places integer[]; v_changes numeric[]; v_reorder boolean[];
    v_fits boolean; v_inserted integer;
begin
    -- 1. The balances, locked in key order as every poster does.
    select array_agg(l.id), array_agg(l.on_hand), array_agg(l.avg_cost), array_agg(l.currency),
           array_agg(not l.allows_negative),
           bool_and(not l.keeps_lots and (l.books_closed_until is null or l.books_closed_until <= v_first))
      into v_items, v_on_hand, v_costs, v_currencies, v_barred, v_is_plain
      from (select id, on_hand, avg_cost, currency, allows_negative, keeps_lots, books_closed_until
              from inventory_items
             where id = any (p_items)
             order by id for no key update) l;

    -- 2. Whether that is all: no lots, no closed day, nothing below what may be, no id twice or used before.
    select array_agg(d.place order by d.place), array_agg(d.change order by d.place),
           bool_and(case when v_barred[d.place] then v_on_hand[d.place] >= d.gone else true end
                    and abs(v_on_hand[d.place]) + d.gone + d.come < c_limit
                    and (d.gone + d.come) * v_costs[d.place] < c_limit)
      into v_places, v_changes, v_fits
      from (select r.place, sum(case when r.leaves then -r.quantity else r.quantity end) as change,
                   coalesce(sum(r.quantity) filter (where r.leaves), 0) as gone,
                   coalesce(sum(r.quantity) filter (where not r.leaves), 0) as come
              from unnest(p_places, p_leaves, p_quantities) as r(place, leaves, quantity)
             group by r.place) d;
    if v_items is distinct from p_items or not v_is_plain or not v_fits
       or (select count(distinct i) from unnest(p_ids) i) < cardinality(p_ids)
       or exists (select from stock_movements m where m.id = any (p_ids)) then
        return;
    end if;

    -- 3. The rows. Somebody may have used an id on other items a moment ago: then the caller tries again and sees it.
    insert into stock_movements (id, kind, from_item_id, to_item_id, product_id, quantity, unit, entered_quantity,
           entered_unit, value, currency, occurred_at, actor_id, device_id, source, reason_code, reference, content)
    select r.id, r.kind, case when r.leaves then v_items[r.place] end, case when not r.leaves then v_items[r.place] end,
           r.product, r.quantity, r.unit, r.entered, r.entered_unit, round(r.quantity * v_costs[r.place], 6),
           v_currencies[r.place], case when r.occurred > v_now + interval '5 minutes' then v_now else r.occurred end,
           r.actor, r.device, 'scan', r.reason, 'scan:' || r.code, substring(p_contents from 32 * (r.n::integer - 1) + 1 for 32)
      from unnest(p_ids, p_kinds, p_places, p_leaves, p_products, p_quantities, p_units, p_entered, p_entered_units,
                  p_codes, p_reasons, p_actors, p_devices, p_occurred) with ordinality
           as r(id, kind, place, leaves, product, quantity, unit, entered, entered_unit, code, reason, actor, device,
                occurred, n)
        on conflict do nothing;
    get diagnostics v_inserted = row_count;
    if v_inserted <> cardinality(p_ids) then
        raise exception 'an id was used by somebody else at the same moment' using errcode = 'serialization_failure';
    end if;

    -- 4. The balances, once per item; the average cost stays, because nothing came at a price of its own.
    update inventory_items b
       set on_hand = b.on_hand + d.change, version = b.version + 1, updated_at = clock_timestamp()
      from unnest(v_places, v_changes) as d(place, change)
     where b.id = v_items[d.place];

    -- 5. What others must hear, who did it, and that an unknown code sent again is settled.
    insert into outbox_events (type, subject_id, payload)
    select 'stock_movement.posted.v1', r.id, jsonb_build_object(
               'movement_id', r.id, 'kind', r.kind, 'product_id', r.product,
               'item_ids', array[v_items[r.place]], 'location_ids', array[r.location],
               'quantity', trim_scale(r.quantity)::text, 'unit', r.unit,
               'occurred_at', case when r.occurred > v_now + interval '5 minutes' then v_now else r.occurred end)
      from unnest(p_ids, p_kinds, p_products, p_places, p_locations, p_quantities, p_units, p_occurred)
           as r(id, kind, product, place, location, quantity, unit, occurred);
    insert into audit_intents (actor_id, action, subject_type, subject_id, location_id, details)
    select r.actor, 'scans.post', 'location', r.location, r.location,
           jsonb_build_object('scan_ids', jsonb_agg(r.id order by r.n))
      from unnest(p_actors, p_locations, p_ids) with ordinality as r(actor, location, id, n)
     group by r.actor, r.location;
    update scans s set status = 'posted' where s.id = any (p_ids) and s.status <> 'posted';

    -- 6. An answer for each, with the balances as they are now.
    select array_agg(w.on_hand < w.reorder_point order by d.place)
      into v_reorder
      from unnest(v_places) d(place)
      join inventory_items i on i.id = v_items[d.place]
     cross join lateral (select sum(o.on_hand) as on_hand, sum(o.reorder_point) as reorder_point
                           from inventory_items o
                          where o.location_id = i.location_id and o.product_id = i.product_id) w;
    return query
    select trim_scale(v_on_hand[r.place] + v_changes[r.place])::text, coalesce(v_reorder[r.place], false)
      from unnest(p_places) with ordinality as r(place, n)
     order by r.n;
end $$
