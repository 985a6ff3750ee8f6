"""Posting: the ledger's one way in, a set of movements per call, in one round trip.

`post_stock_movements` is a VOLATILE plpgsql function because each of its statements takes a new snapshot: after the
items are locked it sees what whoever held them before has committed, and so can answer `duplicate` or `conflict`.
It runs with its caller's rights, and the application role can only insert and select movements.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TYPES = """
create type stock_posting as (
    n integer, id uuid, kind text, product_id uuid, from_item_id uuid, to_item_id uuid, quantity numeric, unit text,
    entered_quantity numeric, entered_unit text, lot_id uuid, value numeric, occurred_at timestamptz, actor_id uuid,
    device_id text, source text, reason_code text, reference text, reverses_id uuid, content bytea, is_count boolean,
    currency text, status text, error text
);
create type stock_posted as (
    n integer, id uuid, status text, error text, kind text, product_id uuid, from_item_id uuid, to_item_id uuid,
    quantity numeric, unit text, value numeric, currency text, from_on_hand numeric, to_on_hand numeric
)
"""

POST = """
create function post_stock_movements(p_movements jsonb, p_answer_alone boolean) returns setof stock_posted
language plpgsql set plan_cache_mode = force_generic_plan as $$
-- p_movements: a list of 1..500 stock_posting objects. With p_answer_alone a refused row is answered `rejected` and the
-- others are posted; without it one refused row means that none is posted.
declare
    c_limit constant numeric := 1e12;    -- what numeric(18, 6) holds
    v_rows stock_posting[];
    v_items uuid[]; v_locations uuid[]; v_currencies text[]; v_barred boolean[];
    v_on_hand numeric[]; v_costs numeric[]; v_touched boolean[];
    v_ids uuid[]; v_wanted uuid[]; v_standing stock_movements[]; v_known uuid[]; v_contents bytea[];
    r stock_posting; q stock_posting; v_first stock_movements;
    i integer; f integer; t integer; k integer;
    v_from numeric; v_to numeric; v_was numeric; v_value numeric; v_cost numeric; v_valued boolean;
    v_planned integer := 0; v_inserted integer; v_refused boolean := false;
begin
    select array_agg(s order by s.n), array_agg(s.id), array_agg(s.from_item_id) || array_agg(s.to_item_id)
      into v_rows, v_ids, v_wanted
      from jsonb_populate_recordset(null::stock_posting, p_movements) s;

    -- 1. Every balance that may move, locked in key order: two posters never hold each other up in a ring.
    select array_agg(l.id), array_agg(l.location_id), array_agg(l.currency), array_agg(not l.allows_negative),
           array_agg(l.on_hand), array_agg(l.avg_cost), array_agg(false)
      into v_items, v_locations, v_currencies, v_barred, v_on_hand, v_costs, v_touched
      from (select id, location_id, currency, allows_negative, on_hand, avg_cost
              from inventory_items
             where id = any (v_wanted)
             order by id for no key update) l;

    -- 2. What stands already under these ids; whoever posted it on the same items has committed by now. The ids are
    -- an array, so that only the partitions they can lie in are opened.
    select array_agg(m) into v_standing from stock_movements m where m.id = any (v_ids);
    select coalesce(array_agg(m.id), '{}'), coalesce(array_agg(m.content), '{}') into v_known, v_contents
      from unnest(v_standing) m;

    -- 3. The fold over the rows in the order given: quantity, value, average cost.
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
        v_valued := r.value is not null or (f is not null and t is not null);
        v_value := coalesce(r.value, round(r.quantity * v_costs[coalesce(f, t)], 6));
        v_from := v_on_hand[f] - r.quantity;
        v_to := v_on_hand[t] + r.quantity;
        r.currency := v_currencies[coalesce(f, t)];

        if v_from < 0 and v_barred[f] and r.quantity > 0 then
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
        if r.status = 'rejected' then
            v_refused := true;
            v_known := trim_array(v_known, 1);       -- a refusal does not use the id up
            v_contents := trim_array(v_contents, 1);
            v_rows[i] := r;
            continue;
        end if;

        if f is not null then
            if r.value is not null and v_from > 0 and v_on_hand[f] * v_costs[f] >= r.value then
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

        -- 5. The balances, once per item.
        update inventory_items b
           set on_hand = d.on_hand, avg_cost = d.cost, version = b.version + 1, updated_at = clock_timestamp()
          from unnest(v_items, v_on_hand, v_costs, v_touched) as d(id, on_hand, cost, touched)
         where b.id = d.id and d.touched;

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
"""

SINCE = """
create function balance_since(p_item uuid, p_at timestamptz) returns numeric language sql stable as $$
-- What came to an item less what left it after a moment, in stock units.
    select coalesce((select sum(quantity) from stock_movements where to_item_id = p_item and occurred_at > p_at), 0)
         - coalesce((select sum(quantity) from stock_movements where from_item_id = p_item and occurred_at > p_at), 0)
$$
"""

ENSURE_ITEMS = """
create function ensure_inventory_items(p_products uuid[], p_locations uuid[], p_areas uuid[])
returns table (product_id uuid, location_id uuid, area_id uuid, item_id uuid)
language plpgsql as $$
#variable_conflict use_column
-- Makes what is missing, in key order so that two callers with the same new items never wait in a ring, and finds all.
begin
    insert into inventory_items (product_id, location_id, area_id, allows_negative, currency)
    select distinct w.product_id, w.location_id, w.area_id, l.allows_negative, l.currency
      from unnest(p_products, p_locations, p_areas) as w(product_id, location_id, area_id)
      join products p on p.id = w.product_id
      join locations l on l.id = w.location_id
      left join storage_areas a on a.id = w.area_id and a.location_id = w.location_id
     where (w.area_id is null or a.id is not null)
       and not exists (select from inventory_items i where i.product_id = w.product_id
                          and i.location_id = w.location_id and i.area_id is not distinct from w.area_id)
     order by w.product_id, w.location_id, w.area_id
    on conflict do nothing;

    return query
    select w.product_id, w.location_id, w.area_id, i.id
      from unnest(p_products, p_locations, p_areas) as w(product_id, location_id, area_id)
      join inventory_items i on i.product_id = w.product_id and i.location_id = w.location_id
       and i.area_id is not distinct from w.area_id;
end $$
"""

POST_SCANS = """
create function post_scans(p_movements jsonb, p_unposted jsonb)
returns table (n integer, id uuid, status text, error text, kind text, product_id uuid, quantity numeric, unit text,
               on_hand numeric, reorder boolean)
language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
-- p_movements: stock_posting objects that also carry code, symbology, action and location_id; each is answered alone.
-- p_unposted: scans that were decided without the ledger. What became no movement is kept in `scans`, and one audit
-- intent per person and location says what was posted, all in the caller's one transaction.
declare
    v_settled uuid[] := '{}';
    v_movements jsonb := p_movements;
    v_posted stock_posted[];
    v_unposted uuid[];
    v_standing stock_movements[];
    v_has_counts boolean := jsonb_path_exists(p_movements, '$[*] ? (@.is_count == true)');
begin
    if v_has_counts then
        -- A count without variance left no row in the ledger, but it stands: under its item's lock, look it up.
        perform from inventory_items i
          where i.id in (select unnest(array[m.from_item_id, m.to_item_id])
                           from jsonb_to_recordset(p_movements) as m(from_item_id uuid, to_item_id uuid))
          order by i.id for no key update;
        select coalesce(array_agg(s.id), '{}') into v_settled
          from scans s join jsonb_to_recordset(p_movements) as m(id uuid, is_count boolean) on m.id = s.id
         where m.is_count and s.status = 'posted' and s.action = 'count' and s.quantity = 0;
        if cardinality(v_settled) > 0 then
            select coalesce(jsonb_agg(e), '[]') into v_movements
              from jsonb_array_elements(p_movements) e where (e ->> 'id')::uuid <> all (v_settled);
        end if;
    end if;

    if jsonb_array_length(v_movements) > 0 then
        select array_agg(p) into v_posted from post_stock_movements(v_movements, true) p;

        insert into audit_intents (actor_id, action, subject_type, subject_id, location_id, details)
        select m.actor_id, 'scans.post', 'location', m.location_id, m.location_id,
               jsonb_build_object('scan_ids', jsonb_agg(p.id order by p.n))
          from unnest(v_posted) p
          join jsonb_to_recordset(v_movements) as m(n integer, actor_id uuid, location_id uuid) on m.n = p.n
         where p.status = 'posted'
         group by m.actor_id, m.location_id;

        -- An unknown code that was linked and sent again is settled.
        update scans s set status = 'posted'
          from unnest(v_posted) p
         where s.id = p.id and p.status = 'posted' and s.status <> 'posted' and p.quantity <> 0;
    end if;

    if jsonb_array_length(p_unposted) > 0 then
        -- A scan that means nothing today may have been posted when its code was still linked.
        select array_agg(u.id) into v_unposted from jsonb_to_recordset(p_unposted) as u(id uuid);
        select array_agg(m) into v_standing from stock_movements m where m.id = any (v_unposted);
    end if;

    if jsonb_array_length(p_unposted) > 0 or v_has_counts
       or exists (select from unnest(v_posted) p where p.status in ('rejected', 'conflict')) then
        insert into scans (id, code, symbology, action, status, location_id, product_id, quantity, unit, error_code,
                           content, actor_id, device_id, occurred_at)
        select s.id, s.code, s.symbology, s.action, s.status, s.location_id, s.product_id, s.quantity, s.unit,
               s.error_code, s.content, s.actor_id, s.device_id, s.occurred_at
          from (select u.id, u.code, u.symbology, u.action, u.status, u.location_id, u.product_id, u.quantity, u.unit,
                       u.error_code, u.content, u.actor_id, u.device_id, u.occurred_at
                  from jsonb_populate_recordset(null::scans, p_unposted) u
                 where not exists (select from unnest(v_standing) m where m.id = u.id)
                union all
                select u.id, u.code, u.symbology, u.action,
                       case p.status when 'posted' then 'posted' else 'rejected' end, u.location_id, u.product_id,
                       case p.status when 'posted' then 0 else u.quantity end, u.unit,
                       case p.status when 'conflict' then 'idempotency_conflict' else p.error end,
                       u.content, u.actor_id, u.device_id, u.occurred_at
                  from unnest(v_posted) p
                  join jsonb_array_elements(v_movements) e on (e ->> 'n')::integer = p.n
                 cross join jsonb_populate_record(null::scans, e) u
                 where p.status in ('rejected', 'conflict') or (p.status = 'posted' and p.quantity = 0)) s
          join locations l on l.id = s.location_id
        on conflict (id) do update
           set status = excluded.status, error_code = excluded.error_code, product_id = excluded.product_id,
               quantity = excluded.quantity, unit = excluded.unit, recorded_at = clock_timestamp()
         where scans.status <> 'posted' and scans.content = excluded.content;
    end if;

    return query
    select a.n, a.id, a.status, a.error, a.kind, a.product_id, a.quantity, a.unit, i.on_hand, w.on_hand < w.reorder_point
      from (select p.n, p.id, p.status, p.error, p.kind, p.product_id,
                   case when p.kind = 'count_correction' and p.from_item_id is not null then -p.quantity else p.quantity end,
                   p.unit, coalesce(p.from_item_id, p.to_item_id)
              from unnest(v_posted) p
            union all
            select m.n, m.id, case when s.content = m.content then 'duplicate' else 'conflict' end, null,
                   'count_correction', m.product_id, 0, m.unit, m.to_item_id
              from scans s
              join jsonb_populate_recordset(null::stock_posting, p_movements) m on m.id = s.id
             where s.id = any (v_settled)
            union all
            select u.n, u.id, case when m.content = u.content then 'duplicate' else 'conflict' end, null, m.kind,
                   m.product_id, m.quantity, m.unit, coalesce(m.from_item_id, m.to_item_id)
              from jsonb_to_recordset(p_unposted) as u(n integer, id uuid, content bytea)
              join unnest(v_standing) m on m.id = u.id) as a(n, id, status, error, kind, product_id, quantity, unit, item_id)
      left join inventory_items i on i.id = a.item_id and a.status <> 'conflict'
      left join lateral (select sum(o.on_hand) as on_hand, sum(o.reorder_point) as reorder_point
                           from inventory_items o
                          where o.location_id = i.location_id and o.product_id = i.product_id) w on true;
end $$
"""

# A location that begins to bar negative stock says so to its items; one of them below zero refuses it by the CHECK.
FOLLOW = """
create function follow_location_policy() returns trigger language plpgsql as $$
begin
    perform from inventory_items i where i.location_id = new.id order by i.id for no key update;
    update inventory_items set allows_negative = new.allows_negative where location_id = new.id;
    return null;
end $$
"""

FOLLOWS = """
create trigger follow_policy after update of allows_negative on locations for each row
    when (old.allows_negative is distinct from new.allows_negative) execute function follow_location_policy()
"""

FUNCTIONS = (SINCE, POST, ENSURE_ITEMS, POST_SCANS, FOLLOW, FOLLOWS)


def upgrade() -> None:
    op.execute(TYPES)
    for function in FUNCTIONS:
        op.execute(function)


def downgrade() -> None:
    op.execute("drop trigger follow_policy on locations")
    op.execute("drop function follow_location_policy()")
    op.execute("drop function post_scans(jsonb, jsonb)")
    op.execute("drop function ensure_inventory_items(uuid[], uuid[], uuid[])")
    op.execute("drop function post_stock_movements(jsonb, boolean)")
    op.execute("drop function balance_since(uuid, timestamptz)")
    op.execute("drop type stock_posted")
    op.execute("drop type stock_posting")
