create or replace function post_scans(p_movements jsonb, p_unposted jsonb)
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
        -- One batch may carry one id several times: a retry that overtook its answer, or two facts under one id.
        select distinct on (s.id) s.id, s.code, s.symbology, s.action, s.status, s.location_id, s.product_id, s.quantity, s.unit,
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
         order by s.id, s.status <> 'posted'
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
