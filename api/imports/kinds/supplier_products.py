"""What a supplier sells: a row tells our product by SKU or code, and pack and price of the supplier's article."""

from __future__ import annotations

from api.imports.kinds.kind import AUDIT, DONE, GIVE_VERDICTS, Kind
from api.imports.mapping import SupplierProductMapping

RECORD = """f(supplier_sku text, product_sku text, code text, symbology text, pack_name text, pack_quantity numeric,
       pack_unit text, price numeric, currency text, minimum_packs integer, pack_multiple integer)"""

JUDGE = f"""
with read as (
    select r.line, r.applied_at, f.*
      from import_rows r cross join lateral jsonb_to_record(r.fields) as {RECORD}
     where r.import_id = :import_id and r.fields is not null
), placed as (
    select read.*, min(line) over (partition by supplier_sku) as first_with_sku from read
), matched as (
    select f.*, sold.id as sold_id, sold.product_id as sold_product_id, sold.pack_quantity as sold_quantity,
           sold.pack_unit as sold_unit, sold.price as sold_price, sold.pack_name as sold_name,
           sold.minimum_packs as sold_minimum, sold.pack_multiple as sold_multiple,
           coalesce(sold.currency, s.currency) as own_currency, named.id as named_id, owner.product_id as owner_id,
           coalesce(named.id, owner.product_id, case when f.product_sku is null and f.code is null
                                                     then sold.product_id end) as wanted_id,
           coalesce(f.pack_quantity, (cast(:defaults as jsonb) ->> 'pack_quantity')::numeric) as new_quantity
      from placed f
      join suppliers s on s.id = :supplier_id
      left join supplier_products sold on sold.supplier_id = s.id and sold.supplier_sku = f.supplier_sku
      left join products named on named.sku = f.product_sku
      left join barcodes owner on owner.code = f.code
     where f.applied_at is null and (cast(:line as integer) is null or f.line = :line)
), judged as (
    select m.line, m.wanted_id as product_id, m.sold_id as row_id,
           case
               when m.first_with_sku < m.line then jsonb_build_object(
                   'field', 'supplier_sku', 'code', 'duplicate_article',
                   'reason', format('line %s has the article %s already', m.first_with_sku, m.supplier_sku),
                   'way_out', 'Keep one of the two lines.')
               when m.product_sku is not null and m.named_id is null then jsonb_build_object(
                   'field', 'product_sku', 'code', 'unknown_product',
                   'reason', format('no product has the SKU %s', m.product_sku),
                   'way_out', 'Correct the SKU, or add the product first.')
               when m.product_sku is null and m.code is not null and m.owner_id is null then jsonb_build_object(
                   'field', 'barcode', 'code', 'unknown_code',
                   'reason', format('no product has the code %s', m.code),
                   'way_out', 'Correct the code, or add the product first.')
               when m.named_id <> m.owner_id then jsonb_build_object(
                   'field', 'barcode', 'code', 'code_taken',
                   'reason', format('the code %s stands for %s (SKU %s)', m.code, o.name, o.sku),
                   'way_out', 'Correct the SKU or the code.')
               when m.wanted_id is null then jsonb_build_object(
                   'field', 'product_sku', 'code', 'missing', 'reason', 'neither SKU nor code tells our product',
                   'way_out', 'Fill one of them in.')
               when m.sold_product_id <> m.wanted_id then jsonb_build_object(
                   'field', 'supplier_sku', 'code', 'other_product',
                   'reason', format('the article %s is %s (SKU %s)', m.supplier_sku, w.name, w.sku),
                   'way_out', 'Correct the article number, or end that article first.')
               when m.pack_quantity <> m.sold_quantity or m.pack_unit <> m.sold_unit then jsonb_build_object(
                   'field', 'pack_quantity', 'code', 'other_pack',
                   'reason', format('the article is sold by %s %s', trim_scale(m.sold_quantity), m.sold_unit),
                   'way_out', 'Another pack is another article: give it a number of its own.')
               when m.currency <> m.own_currency then jsonb_build_object(
                   'field', 'currency', 'code', 'other_currency',
                   'reason', format('prices of this supplier are in %s, not in %s', m.own_currency, m.currency),
                   'way_out', 'Send the prices in the supplier''s currency.')
               when m.sold_id is null and m.new_quantity is null then jsonb_build_object(
                   'field', 'pack_quantity', 'code', 'missing', 'reason', 'the pack quantity is empty',
                   'way_out', 'Say how much a pack holds.')
           end as problem,
           case when m.sold_id is null then '{{}}' else array_remove(array[
               case when m.price <> m.sold_price then 'price' end,
               case when m.pack_name <> m.sold_name then 'pack_name' end,
               case when m.minimum_packs <> m.sold_minimum then 'minimum_packs' end,
               case when m.pack_multiple <> m.sold_multiple then 'pack_multiple' end
           ], null) end as changes
      from matched m
      left join products o on o.id = m.owner_id
      left join products w on w.id = m.sold_product_id
){GIVE_VERDICTS}"""

ROWS = f"""
  from import_rows r
  cross join lateral jsonb_to_record(cast(:defaults as jsonb) || r.fields) as {RECORD}
  join products p on p.id = r.product_id
 where r.import_id = :import_id and r.applied_at is null
"""

PACKS = f"""
select r.line, p.stock_unit, f.pack_unit,
       coalesce((select jsonb_agg(jsonb_build_array(u.unit, u.numerator, u.denominator) order by u.unit)
                   from product_units u where u.product_id = p.id), '[]') as factors
{ROWS} and f.pack_unit is not null and r.verdict = 'new' and (cast(:line as integer) is null or r.line = :line)
"""

INSERT_ARTICLES = f"""
insert into supplier_products (id, supplier_id, product_id, supplier_sku, pack_name, pack_quantity, pack_unit, price,
                               currency, minimum_packs, pack_multiple, is_preferred)
select r.target_id, s.id, p.id, f.supplier_sku,
       coalesce(f.pack_name, trim_scale(f.pack_quantity) || ' ' || coalesce(f.pack_unit, p.stock_unit)),
       f.pack_quantity, coalesce(f.pack_unit, p.stock_unit), f.price, coalesce(f.currency, s.currency),
       coalesce(f.minimum_packs, 1), coalesce(f.pack_multiple, 1),
       row_number() over (partition by p.id order by r.line) = 1
       and not exists (select from supplier_products o where o.product_id = p.id and o.is_preferred and o.is_active)
  from import_rows r
  cross join lateral jsonb_to_record(cast(:defaults as jsonb) || r.fields) as {RECORD}
  join products p on p.id = r.product_id
  join suppliers s on s.id = :supplier_id
 where r.import_id = :import_id and r.applied_at is null and r.verdict = 'new'
"""

INSERT_PRICES = f"""
insert into supplier_product_prices (supplier_product_id, price, currency, valid_from, recorded_by)
select r.target_id, f.price, sold.currency, now(), cast(:actor_id as uuid)
  from import_rows r cross join lateral jsonb_to_record(r.fields) as {RECORD}
  join supplier_products sold on sold.id = r.target_id
 where r.import_id = :import_id and r.applied_at is null
   and (r.verdict = 'new' or (r.verdict = 'changed' and 'price' = any(r.changes)))
"""

UPDATE_ARTICLES = f"""
update supplier_products sold
   set price = f.price, pack_name = coalesce(f.pack_name, sold.pack_name),
       minimum_packs = coalesce(f.minimum_packs, sold.minimum_packs),
       pack_multiple = coalesce(f.pack_multiple, sold.pack_multiple), version = sold.version + 1, updated_at = now()
  from import_rows r cross join lateral jsonb_to_record(r.fields) as {RECORD}
 where r.import_id = :import_id and r.applied_at is null and r.verdict = 'changed' and sold.id = r.target_id
"""

SUPPLIER_PRODUCTS = Kind(
    name="supplier_products",
    scope="suppliers.edit",
    mapping=SupplierProductMapping,
    judge=JUDGE,
    packs=PACKS,
    load=(
        INSERT_ARTICLES,
        INSERT_PRICES,
        UPDATE_ARTICLES,
        AUDIT.format(subject="supplier_product"),
        DONE,
    ),
)
