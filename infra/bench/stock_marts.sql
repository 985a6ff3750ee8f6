-- The stock marts by hand, straight from the raw rows: the floor beside which dbt's full rebuild is measured.
create schema floor;

create table floor.fct_stock_movements as
with legs as (
    select id, to_item_id as item_id, 'in' as direction, quantity, value, kind, currency, occurred_at, recorded_at,
           source, reason_code, reference, reverses_id
      from raw_operational.stock_movements where to_item_id is not null
    union all
    select id, from_item_id, 'out', -quantity, -value, kind, currency, occurred_at, recorded_at,
           source, reason_code, reference, reverses_id
      from raw_operational.stock_movements where from_item_id is not null
)
select l.id::uuid || ':' || l.direction as movement_leg_id, l.id::uuid as movement_id, i.id::uuid as inventory_item_id,
       i.product_id::uuid as product_id, i.location_id::uuid as location_id, i.area_id::uuid as area_id, l.kind,
       l.quantity::numeric(18, 6) as quantity_delta,
       (case when l.kind = 'price_variance' then 0 else l.value end)::numeric(18, 6) as value_delta,
       (case when l.kind = 'price_variance' then l.value else 0 end)::numeric(18, 6) as price_variance, l.currency,
       l.occurred_at, l.recorded_at,
       ((l.occurred_at at time zone p.time_zone) - p.day_cutoff::time)::date as business_day,
       ((l.recorded_at at time zone p.time_zone) - p.day_cutoff::time)::date as known_on,
       l.source, l.reason_code, l.reference, l.reverses_id::uuid as reverses_id
  from legs l
  join raw_operational.inventory_items i on i.id = l.item_id
  join raw_operational.locations p on p.id = i.location_id;
create unique index on floor.fct_stock_movements (movement_leg_id);
create index on floor.fct_stock_movements (location_id, business_day);
create index on floor.fct_stock_movements (inventory_item_id, business_day);
analyze floor.fct_stock_movements;

create table floor.fct_stock_on_hand_daily as
with changes as (
    select inventory_item_id, product_id, location_id, area_id, currency, business_day,
           sum(quantity_delta) as quantity, sum(value_delta) as value
      from floor.fct_stock_movements group by 1, 2, 3, 4, 5, 6
), lives as (
    select c.inventory_item_id, c.product_id, c.location_id, c.area_id, c.currency, min(c.business_day) as first_day,
           greatest(max(c.business_day), ((now() at time zone max(p.time_zone)) - max(p.day_cutoff::time))::date) as last_day
      from changes c join raw_operational.locations p on p.id::uuid = c.location_id group by 1, 2, 3, 4, 5
)
select l.inventory_item_id, d::date as business_day, l.product_id, l.location_id, l.area_id,
       sum(coalesce(c.quantity, 0)) over w as on_hand, p.stock_unit as unit,
       sum(coalesce(c.value, 0)) over w as value, l.currency,
       i.reorder_point,
       coalesce(sum(coalesce(c.quantity, 0)) over w < i.reorder_point, false) as is_below_reorder
  from lives l
 cross join lateral generate_series(l.first_day, l.last_day, interval '1 day') d
  left join changes c on c.inventory_item_id = l.inventory_item_id and c.currency = l.currency and c.business_day = d::date
  join raw_operational.products p on p.id::uuid = l.product_id
  join raw_operational.inventory_items i on i.id::uuid = l.inventory_item_id
window w as (partition by l.inventory_item_id, l.currency order by d);
create unique index on floor.fct_stock_on_hand_daily (inventory_item_id, business_day);
create index on floor.fct_stock_on_hand_daily (location_id, business_day);
analyze floor.fct_stock_on_hand_daily;

create table floor.fct_inventory_value_daily as
select d.location_id, d.business_day, p.category, d.currency, sum(d.value) as value,
       count(*) filter (where d.on_hand > 0) as items_in_stock, count(*) filter (where d.on_hand < 0) as items_below_zero
  from floor.fct_stock_on_hand_daily d join raw_operational.products p on p.id::uuid = d.product_id
 group by 1, 2, 3, 4;
create unique index on floor.fct_inventory_value_daily (location_id, business_day, category, currency);

create table floor.fct_waste as
select w.location_id, w.business_day, w.product_id, coalesce(w.reason_code, '') as reason_code,
       -sum(w.quantity_delta) as quantity, max(p.stock_unit) as unit, -sum(w.value_delta) as value, w.currency,
       sum(case when w.reverses_id is null then 1 else -1 end) as records
  from floor.fct_stock_movements w join raw_operational.products p on p.id::uuid = w.product_id
 where w.kind = 'waste' group by w.location_id, w.business_day, w.product_id, coalesce(w.reason_code, ''), w.currency;

create table floor.fct_restatements as
select location_id, product_id, business_day, known_on, source, kind, currency, known_on - business_day as days_late,
       sum(quantity_delta) as quantity_delta, sum(value_delta) as value_delta, count(*) as movements
  from floor.fct_stock_movements where known_on > business_day group by 1, 2, 3, 4, 5, 6, 7;
