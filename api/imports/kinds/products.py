"""Products: a row tells a product by its SKU, else by its code, and may bring one code with its pack."""

from __future__ import annotations

from api.imports.kinds.kind import AUDIT, DONE, GIVE_VERDICTS, Kind
from api.imports.mapping import ProductMapping

RECORD = """f(sku text, name text, category text, stock_unit text, tracks_lots boolean, shelf_life_days integer,
       allergens text[], code text, symbology text, pack_quantity numeric, pack_unit text)"""

JUDGE = f"""
with read as (
    select r.line, r.applied_at, f.*, coalesce(f.sku, f.code) as wanted_sku
      from import_rows r cross join lateral jsonb_to_record(r.fields) as {RECORD}
     where r.import_id = :import_id and r.fields is not null
), placed as (
    select read.*,
           min(line) over (partition by wanted_sku) as first_with_sku,
           case when code is not null then min(line) over (partition by code) end as first_with_code
      from read
), matched as (
    select f.*, owner.product_id as owner_id, holder.sku as holder_sku, holder.name as holder_name,
           owner.pack_quantity as owned_quantity, owner.pack_unit as owned_unit,
           case when f.sku is null and owner.product_id is not null then owner.product_id else named.id end as known_id
      from placed f
      left join barcodes owner on owner.code = f.code
      left join products holder on holder.id = owner.product_id
      left join products named on named.sku = f.wanted_sku
     where f.applied_at is null and (cast(:line as integer) is null or f.line = :line)
), judged as (
    select m.line, m.known_id as product_id, m.known_id as row_id,
           case
               when m.sku is not null and m.first_with_sku < m.line then jsonb_build_object(
                   'field', 'sku', 'code', 'duplicate_sku',
                   'reason', format('line %s has the SKU %s already', m.first_with_sku, m.sku),
                   'way_out', 'Keep one of the two lines.')
               when m.first_with_code < m.line then jsonb_build_object(
                   'field', 'barcode', 'code', 'duplicate_code',
                   'reason', format('line %s has the code %s already', m.first_with_code, m.code),
                   'way_out', 'Keep one of the two lines, or correct the code.')
               when m.owner_id is distinct from m.known_id and m.owner_id is not null then jsonb_build_object(
                   'field', 'barcode', 'code', 'code_taken',
                   'reason', format('the code %s stands for %s (SKU %s)', m.code, m.holder_name, m.holder_sku),
                   'way_out', 'Correct the code, or take it off that product first.')
               when m.stock_unit <> p.stock_unit then jsonb_build_object(
                   'field', 'stock_unit', 'code', 'stock_unit_fixed',
                   'reason', format('the product is counted in %s, not in %s', p.stock_unit, m.stock_unit),
                   'way_out', 'The ledger counts in it: leave the unit, or make another product.')
               when m.owner_id = m.known_id
                    and (m.pack_quantity <> m.owned_quantity or m.pack_unit <> m.owned_unit) then jsonb_build_object(
                   'field', 'pack_quantity', 'code', 'other_pack',
                   'reason', format('the code stands for a pack of %s %s', trim_scale(m.owned_quantity), m.owned_unit),
                   'way_out', 'Correct the pack, or take the code off the product first.')
           end as problem,
           case when p.id is null then '{{}}' else array_remove(array[
               case when m.name <> p.name then 'name' end,
               case when m.category <> p.category then 'category' end,
               case when m.tracks_lots <> p.tracks_lots then 'tracks_lots' end,
               case when m.shelf_life_days is distinct from p.shelf_life_days and m.shelf_life_days is not null
                    then 'shelf_life_days' end,
               case when m.allergens is not null and not (m.allergens @> p.allergens and m.allergens <@ p.allergens)
                    then 'allergens' end,
               case when m.code is not null and m.owner_id is null then 'barcode' end
           ], null) end as changes
      from matched m left join products p on p.id = m.known_id
){GIVE_VERDICTS}"""

PACKS = f"""
select r.line, coalesce(p.stock_unit, f.stock_unit) as stock_unit, f.pack_unit,
       coalesce((select jsonb_agg(jsonb_build_array(u.unit, u.numerator, u.denominator) order by u.unit)
                   from product_units u where u.product_id = r.product_id), '[]') as factors
  from import_rows r
  cross join lateral jsonb_to_record(cast(:defaults as jsonb) || r.fields) as {RECORD}
  left join products p on p.id = r.product_id
 where r.import_id = :import_id and r.applied_at is null and r.fields is not null and f.code is not null
   and f.pack_unit is not null and r.verdict in ('new', 'changed')
   and (cast(:line as integer) is null or r.line = :line)
"""

ROWS = f"""
  from import_rows r cross join lateral jsonb_to_record(cast(:defaults as jsonb) || r.fields) as {RECORD}
 where r.import_id = :import_id and r.applied_at is null
"""

INSERT_PRODUCTS = f"""
insert into products (id, sku, name, category, stock_unit, tracks_lots, shelf_life_days, allergens)
select r.target_id, coalesce(f.sku, f.code), f.name, coalesce(f.category, ''), f.stock_unit,
       coalesce(f.tracks_lots, false), f.shelf_life_days, coalesce(f.allergens, '{{}}')
{ROWS} and r.verdict = 'new'
"""

INSERT_CODES = f"""
insert into barcodes (code, symbology, product_id, pack_quantity, pack_unit)
select f.code, f.symbology, r.target_id, coalesce(f.pack_quantity, 1), coalesce(f.pack_unit, p.stock_unit)
  from import_rows r
  cross join lateral jsonb_to_record(cast(:defaults as jsonb) || r.fields) as {RECORD}
  join products p on p.id = r.target_id
 where r.import_id = :import_id and r.applied_at is null and f.code is not null
   and (r.verdict = 'new' or (r.verdict = 'changed' and 'barcode' = any(r.changes)))
"""

UPDATE_PRODUCTS = f"""
update products p
   set name = coalesce(f.name, p.name), category = coalesce(f.category, p.category),
       tracks_lots = coalesce(f.tracks_lots, p.tracks_lots),
       shelf_life_days = coalesce(f.shelf_life_days, p.shelf_life_days), allergens = coalesce(f.allergens, p.allergens),
       version = p.version + 1, updated_at = now()
  from import_rows r cross join lateral jsonb_to_record(r.fields) as {RECORD}
 where r.import_id = :import_id and r.applied_at is null and r.verdict = 'changed' and p.id = r.target_id
   and array_remove(r.changes, 'barcode') <> '{{}}'
"""

PRODUCTS = Kind(
    name="products",
    scope="catalog.edit",
    mapping=ProductMapping,
    judge=JUDGE,
    packs=PACKS,
    load=(INSERT_PRODUCTS, INSERT_CODES, UPDATE_PRODUCTS, AUDIT.format(subject="product"), DONE),
)
