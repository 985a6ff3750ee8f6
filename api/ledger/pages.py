"""The hottest list, written by PostgreSQL itself: a page of items as JSON text that Python only passes on.

The same conditions and columns as `api.ledger.queries.list_items`, whose rows pass through Python objects one value at
a time; `tests/api/inventory/stock/test_lane.py` holds both against each other.
"""

from __future__ import annotations

import re
from functools import lru_cache
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from api.ledger.queries import AFTER_ITEM, ITEM_CONDITIONS, ItemFilter, item_values

Connection = AsyncConnection[TupleRow]

# What belongs to a product at its whole location is added up once for the page, not row by row. The number in the
# inner limit is there for the planner, which would otherwise prepare for a tenth of all rows.
STATEMENT = """
with page as materialized (
    select * from (
        select i.id, i.product_id, p.sku, p.name, i.location_id, i.area_id, i.on_hand, p.stock_unit, i.avg_cost,
               i.currency, i.reorder_point, i.par_level, i.updated_at, i.version
          from products p
          join inventory_items i on i.product_id = p.id
          {sums}
         where {conditions}
         order by p.name, i.id
         limit {most}) nearest
     limit %(limit)s
), low as materialized (
    select s.product_id, s.location_id
      from inventory_items s
     where s.location_id = any (array(select location_id from page))
       and s.product_id = any (array(select product_id from page))
     group by s.product_id, s.location_id
    having sum(s.on_hand) < sum(s.reorder_point)
), ordered as materialized (
    select o.product_id, o.location_id, trim_scale(round(o.quantity, 6)) as quantity
      from open_order_quantities o
     where o.location_id = any (array(select location_id from page))
       and o.product_id = any (array(select product_id from page))
)
select concat(
    '{{"id":"', i.id, '","product":{{"id":"', i.product_id, '","sku":', to_json(i.sku), ',"name":', to_json(i.name),
    '}},"location_id":"', i.location_id, '","area_id":', coalesce('"' || i.area_id || '"', 'null'),
    ',"on_hand":"', trim_scale(i.on_hand), '","unit":', to_json(i.stock_unit),
    ',"avg_cost":"', trim_scale(i.avg_cost), '","value":"', trim_scale(round(i.on_hand * i.avg_cost, 6)),
    '","currency":', to_json(i.currency), ',"on_order":"', coalesce(o.quantity, 0),
    '","reorder_point":', coalesce('"' || trim_scale(i.reorder_point) || '"', 'null'),
    ',"par_level":', coalesce('"' || trim_scale(i.par_level) || '"', 'null'),
    case when l.product_id is null then ',"is_below_reorder":false' else ',"is_below_reorder":true' end,
    case when i.on_hand < 0 then ',"is_negative":true' else ',"is_negative":false' end,
    ',"updated_at":"',
    to_char(i.updated_at at time zone 'UTC', case when date_trunc('second', i.updated_at) = i.updated_at
                                             then 'YYYY-MM-DD"T"HH24:MI:SS' else 'YYYY-MM-DD"T"HH24:MI:SS.US' end),
    'Z","version":', i.version, '}}')
  from page i
  left join low l on l.product_id = i.product_id and l.location_id = i.location_id
  left join ordered o on o.product_id = i.product_id and o.location_id = i.location_id
 order by i.name, i.id
"""
SUMS = """
cross join lateral (select sum(s.on_hand) as on_hand, sum(s.reorder_point) as reorder_point
                      from inventory_items s
                     where s.location_id = i.location_id and s.product_id = i.product_id) w
"""
SIZES = (51, 201)


async def page_of_items(
    connection: Connection, wanted: ItemFilter, *, limit: int, after: tuple[str, UUID] | None
) -> list[bytes]:
    """Items by product name as they stand, `limit + 1` (201 at most) after the (name, id) of the page before.

    Each is the JSON of an inventory item as the API answers it. `as_of` and `known_at` belong to `list_items`.
    """
    values = item_values(wanted)
    most = next(size for size in SIZES if size > limit)
    query = _statement(tuple(values), most=most, follows=after is not None)
    values["limit"] = limit + 1
    if after is not None:
        values["after_name"], values["after_id"] = after
    cursor = await connection.execute(query, values, prepare=True, binary=True)
    result = cursor.pgresult
    assert result is not None
    return [result.get_value(row, 0) or b"" for row in range(result.ntuples)]


@lru_cache(maxsize=1024)
def _statement(names: tuple[str, ...], *, most: int, follows: bool) -> bytes:
    """The statement for these filters: only what is written in this room is put in, values stay parameters."""
    conditions = [ITEM_CONDITIONS[name] for name in names] + ([AFTER_ITEM] if follows else [])
    filled = STATEMENT.format(
        sums=SUMS if "below_reorder" in names else "",
        conditions=re.sub(r"(?<!:):(\w+)", r"%(\1)s", " and ".join(conditions)) or "true",
        most=most,
    )
    return filled.encode()
