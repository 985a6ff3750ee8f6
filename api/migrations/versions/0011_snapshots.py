"""Reading the past: snapshots of balances at the end of a day, what reconciliations found, partitions that move rows in.

A row belongs to the snapshot of a day when it had both happened and become known before that day's end. So a read as of
`t` and as known at `k` starts at the latest snapshot before both, and adds the rows that are not in it.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
create table stock_snapshots (
    item_id uuid not null constraint fk_stock_snapshots_item_id references inventory_items (id),
    day_end timestamptz not null,
    on_hand numeric(18, 6) not null,
    avg_cost numeric(18, 6) not null,
    constraint pk_stock_snapshots primary key (item_id, day_end)
);
create table stock_snapshot_days (
    day_end timestamptz not null constraint pk_stock_snapshot_days primary key,
    items integer not null,
    made_at timestamptz not null default clock_timestamp()
);
create table stock_snapshot_horizons (
    id integer not null default 1 constraint pk_stock_snapshot_horizons primary key,
    safe_until timestamptz not null,
    fence bigint not null,
    fenced_at timestamptz not null,
    constraint ck_stock_snapshot_horizons_single check (id = 1)
);
insert into stock_snapshot_horizons (safe_until, fence, fenced_at) values ('-infinity', 0, '-infinity');
create table stock_reconciliations (
    day date not null constraint pk_stock_reconciliations primary key,
    made_at timestamptz not null default clock_timestamp(),
    ok boolean not null,
    items integer not null,
    movements bigint not null,
    differences integer not null,
    report jsonb not null
)
"""

GRANTS = """
grant select, insert, delete on stock_snapshots, stock_snapshot_days to stockpot_app;
grant select, update on stock_snapshot_horizons to stockpot_app;
grant select, insert, delete on stock_reconciliations to stockpot_app;
grant select on stock_snapshots, stock_snapshot_days, stock_reconciliations to stockpot_pipeline
"""

# The few rows that became known long after they happened; everything else is found by its time of recording.
LATE = """
create index ix_stock_movements_late on stock_movements (recorded_at, occurred_at)
 where recorded_at - occurred_at > interval '36 hours'
"""

# Posting lets a device's clock run five minutes ahead, so a row known before a day's end is not far beyond it.
NOT_AHEAD = """
alter table stock_movements add constraint ck_stock_movements_not_far_ahead
check (occurred_at - recorded_at <= interval '1 hour')
"""

FOLD = """
create function fold_stock_leg(p_state numeric[], p_on_hand numeric, p_cost numeric, p_incoming boolean, p_quantity numeric,
                               p_value numeric, p_own_value boolean) returns numeric[]
language plpgsql immutable parallel safe as $$
-- One row's effect on (on hand, average cost), as posting has it; the first starts from p_on_hand at p_cost. Goods that
-- come in move the average by the value they carry, goods that leave do so at the average, unless p_own_value says that
-- they take a value of their own (reversals, returns, value-only rows). What came in at the average has that value.
declare
    v_on_hand numeric := coalesce(p_state[1], p_on_hand);
    v_cost numeric := coalesce(p_state[2], p_cost);
begin
    if p_incoming then
        if p_own_value or p_value <> round(p_quantity * v_cost, 6) then
            if v_on_hand > 0 then
                v_cost := greatest(0, round((v_on_hand * v_cost + p_value) / (v_on_hand + p_quantity), 6));
            elsif p_quantity > 0 then
                v_cost := greatest(0, round(p_value / p_quantity, 6));
            end if;
        end if;
        return array[v_on_hand + p_quantity, v_cost];
    end if;
    if p_own_value and v_on_hand > p_quantity and v_on_hand * v_cost >= p_value
       and p_value <> round(p_quantity * v_cost, 6) then
        v_cost := round((v_on_hand * v_cost - p_value) / (v_on_hand - p_quantity), 6);
    end if;
    return array[v_on_hand - p_quantity, v_cost];
end $$;
create aggregate fold_stock(p_on_hand numeric, p_cost numeric, p_incoming boolean, p_quantity numeric, p_value numeric,
                            p_own_value boolean) (sfunc = fold_stock_leg, stype = numeric[], parallel = safe)
"""

# A row's two ends as legs of their items; the order of the fold is when a row had both happened and become known. What a
# later invoice differs by for goods that are gone is a cost of its period and touches no balance.
LEGS = """
select l.item_id, l.incoming, m.quantity, m.value,
       m.reverses_id is not null or m.quantity = 0 or m.kind = 'return_to_supplier' as own_value,
       greatest(m.occurred_at, m.recorded_at) as settled_at, m.recorded_at, m.id
  from {rows} m
 cross join lateral (values (m.to_item_id, true), (m.from_item_id, false)) as l(item_id, incoming)
 where l.item_id is not null and m.kind <> 'price_variance'
"""

AS_OF = f"""
create function stock_balances_as_of(p_items uuid[], p_as_of timestamptz, p_known_at timestamptz)
returns table (item_id uuid, on_hand numeric, avg_cost numeric)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
-- The balances of p_items (null: of all) at the moment p_as_of as known at p_known_at. STABLE: every query in it sees
-- the caller's snapshot, so that snapshots of stock which are dropped meanwhile are either all there or none.
declare
    v_day timestamptz := coalesce((select max(d.day_end) from stock_snapshot_days d
                                    where d.day_end <= least(p_as_of, p_known_at)), '-infinity');
    v_timely timestamptz := least(p_known_at, p_as_of + interval '36 hours');
begin
    return query
    with starts as materialized (
        select i.id as item_id, coalesce(s.on_hand, 0) as on_hand, coalesce(s.avg_cost, 0) as avg_cost
          from inventory_items i
          left join lateral (select s.on_hand, s.avg_cost from stock_snapshots s
                              where s.item_id = i.id and s.day_end <= v_day order by s.day_end desc limit 1) s on true
         where p_items is null or i.id = any (p_items)
    ), rows as (
        select * from stock_movements m
         where m.recorded_at >= v_day - interval '1 hour' and m.recorded_at <= v_timely and m.occurred_at <= p_as_of
           and greatest(m.occurred_at, m.recorded_at) >= v_day
           and (p_items is null or m.to_item_id = any (p_items) or m.from_item_id = any (p_items))
        union all
        select * from stock_movements m
         where m.recorded_at - m.occurred_at > interval '36 hours'
           and m.recorded_at > v_timely and m.recorded_at <= p_known_at and m.occurred_at <= p_as_of
           and (p_items is null or m.to_item_id = any (p_items) or m.from_item_id = any (p_items))
    ), legs as ({LEGS.format(rows="rows")}), folded as (
        select s.item_id, fold_stock(s.on_hand, s.avg_cost, l.incoming, l.quantity, l.value, l.own_value
                                     order by l.settled_at, l.recorded_at, l.id) as balance
          from legs l join starts s on s.item_id = l.item_id
         group by s.item_id
    )
    select s.item_id, coalesce(f.balance[1], s.on_hand), coalesce(f.balance[2], s.avg_cost)
      from starts s left join folded f on f.item_id = s.item_id;
end $$
"""

MAKE = f"""
create function make_stock_snapshot(p_day_end timestamptz) returns integer
language plpgsql set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
-- Writes the balances at p_day_end of every item that moved since the snapshot before, and how many these were. The
-- caller knows that no transaction can still commit a row recorded before p_day_end.
declare
    v_before timestamptz := coalesce((select max(d.day_end) from stock_snapshot_days d), '-infinity');
    v_items integer;
begin
    if p_day_end <= v_before then
        raise exception 'snapshots are made in order' using errcode = 'object_not_in_prerequisite_state';
    end if;
    insert into stock_snapshots (item_id, day_end, on_hand, avg_cost)
    with rows as (
        select * from stock_movements m
         where m.recorded_at >= v_before - interval '1 hour' and m.recorded_at < p_day_end and m.occurred_at < p_day_end
           and greatest(m.occurred_at, m.recorded_at) >= v_before
    ), legs as ({LEGS.format(rows="rows")}), starts as materialized (
        select t.item_id, coalesce(s.on_hand, 0) as on_hand, coalesce(s.avg_cost, 0) as avg_cost
          from (select distinct l.item_id from legs l) t
          left join lateral (select s.on_hand, s.avg_cost from stock_snapshots s
                              where s.item_id = t.item_id order by s.day_end desc limit 1) s on true
    ), folded as (
        select s.item_id, fold_stock(s.on_hand, s.avg_cost, l.incoming, l.quantity, l.value, l.own_value
                                     order by l.settled_at, l.recorded_at, l.id) as balance
          from legs l join starts s on s.item_id = l.item_id
         group by s.item_id
    )
    select f.item_id, p_day_end, f.balance[1], f.balance[2] from folded f;
    get diagnostics v_items = row_count;
    insert into stock_snapshot_days (day_end, items) values (p_day_end, v_items);
    return v_items;
end $$
"""

PARTITIONS = """
create or replace function ensure_movement_partitions(p_from date, p_until date) returns integer
language plpgsql security definer set search_path = public as $$
-- Monthly partitions by the time inside the UUIDv7 key: 48 bits of Unix milliseconds, then version and variant bits.
-- Rows of a month that stand in the default partition already (nobody was there to make it in time, or a device's clock
-- was wrong) move into it in the same transaction, and are counted on both sides.
declare
    v_month date := date_trunc('month', p_from)::date;
    v_name text; v_low uuid; v_high uuid;
    v_made integer := 0; v_moved bigint; v_removed bigint;
begin
    while v_month <= p_until loop
        v_name := 'stock_movements_' || to_char(v_month, 'YYYY_MM');
        v_low := uuidv7_floor(v_month);
        v_high := uuidv7_floor((v_month + interval '1 month')::date);
        if to_regclass(v_name) is null then
            if exists (select from stock_movements_default where id >= v_low and id < v_high) then
                -- Nobody writes until this commits; the trigger that keeps rows as they are is off for the move alone.
                lock table stock_movements in access exclusive mode;
                execute format('create table %I (like stock_movements including defaults including constraints)', v_name);
                execute format('insert into %I select * from stock_movements_default where id >= $1 and id < $2', v_name)
                  using v_low, v_high;
                get diagnostics v_moved = row_count;
                alter table stock_movements_default disable trigger append_only;
                delete from stock_movements_default where id >= v_low and id < v_high;
                get diagnostics v_removed = row_count;
                alter table stock_movements_default enable trigger append_only;
                if v_moved <> v_removed then
                    raise exception '% rows were copied to % but % removed', v_moved, v_name, v_removed;
                end if;
                execute format('alter table stock_movements attach partition %I for values from (%L) to (%L)',
                               v_name, v_low, v_high);
            else
                execute format('create table %I partition of stock_movements for values from (%L) to (%L)',
                               v_name, v_low, v_high);
            end if;
            v_made := v_made + 1;
        end if;
        v_month := (v_month + interval '1 month')::date;
    end loop;
    return v_made;
end $$
"""

PARTITION_STATE = """
create function movement_partition_state() returns table (ready_until timestamptz, stray_rows bigint)
language sql stable security definer set search_path = public as $$
-- Until when every month from this one on has its partition, and how many rows stand in the default one (counted to 1,000).
    select (select min(month) at time zone 'UTC'
              from generate_series(date_trunc('month', now() at time zone 'UTC'),
                                   date_trunc('month', now() at time zone 'UTC') + interval '2 years', interval '1 month') month
             where to_regclass('stock_movements_' || to_char(month, 'YYYY_MM')) is null),
           (select count(*) from (select from stock_movements_default limit 1000) d)
$$
"""

OLD_PARTITIONS = """
create or replace function ensure_movement_partitions(p_from date, p_until date) returns integer
language plpgsql security definer set search_path = public as $$
-- Monthly partitions by the time inside the UUIDv7 key: 48 bits of Unix milliseconds, then version and variant bits.
declare
    v_month date := date_trunc('month', p_from)::date;
    v_name text;
    v_made integer := 0;
begin
    while v_month <= p_until loop
        v_name := 'stock_movements_' || to_char(v_month, 'YYYY_MM');
        if to_regclass(v_name) is null then
            execute format('create table %I partition of stock_movements for values from (%L) to (%L)',
                           v_name, uuidv7_floor(v_month), uuidv7_floor((v_month + interval '1 month')::date));
            v_made := v_made + 1;
        end if;
        v_month := (v_month + interval '1 month')::date;
    end loop;
    return v_made;
end $$
"""


def upgrade() -> None:
    for statement in (TABLES, GRANTS, LATE, NOT_AHEAD, FOLD, AS_OF, MAKE, PARTITIONS, PARTITION_STATE):
        op.execute(statement)
    op.execute("revoke execute on function movement_partition_state() from public")
    op.execute("grant execute on function movement_partition_state() to stockpot_app")


def downgrade() -> None:
    op.execute("drop function movement_partition_state()")
    op.execute(OLD_PARTITIONS)
    op.execute("drop function make_stock_snapshot(timestamptz)")
    op.execute("drop function stock_balances_as_of(uuid[], timestamptz, timestamptz)")
    op.execute("drop aggregate fold_stock(numeric, numeric, boolean, numeric, numeric, boolean)")
    op.execute("drop function fold_stock_leg(numeric[], numeric, numeric, boolean, numeric, numeric, boolean)")
    op.execute("alter table stock_movements drop constraint ck_stock_movements_not_far_ahead")
    op.execute("drop index ix_stock_movements_late")
    for table in ("stock_reconciliations", "stock_snapshot_horizons", "stock_snapshot_days", "stock_snapshots"):
        op.execute(f"drop table {table}")
