"""What was changed of offers and recipes, as nights met it; from marts only, and the same for every location.

A night tells of the day before it: a change that one met belongs to the period in which that day lies.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards.queries.core import NUMBER, Locations, frame


def offer_changes(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Offers that the house orders by whose price, pack, currency or being offered changed, the newest first.

    `rate` is the change of the price of one stock unit as a share of the one before; null between two currencies.
    """
    del places
    return frame(
        """
        select f.known_from, s.name, p.name, f.supplier_sku, f.change, f.currency, f.previous_pack_price, f.pack_price,
            f.previous_pack_quantity, f.previous_pack_unit, f.pack_quantity, f.pack_unit, f.unit_price_change_rate
        from marts.fct_price_changes as f
        inner join marts.dim_supplier as s on f.supplier_id = s.supplier_id
        inner join marts.dim_product as p on f.product_id = p.product_id
        where f.change <> 'first_seen'
            and cast(f.known_from - interval '1 day' as date) between %(first)s and %(last)s
        order by f.known_from desc, p.name, s.name
        """,
        {
            "known_from": pl.Datetime(time_zone="UTC"),
            "supplier": pl.String,
            "product": pl.String,
            "supplier_sku": pl.String,
            "change": pl.String,
            "currency": pl.String,
            "previous_price": NUMBER,
            "price": NUMBER,
            "previous_pack_quantity": NUMBER,
            "previous_pack_unit": pl.String,
            "pack_quantity": NUMBER,
            "pack_unit": pl.String,
            "rate": NUMBER,
        },
        first=first,
        last=last,
    )


def recipe_changes(places: Locations, first: date, last: date) -> pl.DataFrame:
    """Ingredients that were added to a recipe, taken out of it or asked for in another quantity, the newest first.

    Quantities are gross and for one unit of what the recipe makes; a recipe that is new as a whole has not changed.
    """
    del places
    return frame(
        """
        with lines as (
            select *, min(known_from) over (partition by recipe_id) as recipe_known_from
            from marts.dim_recipe_history
        )

        select r.known_from, coalesce(m.name, made.name), p.name,
            case when r.change = 'first_seen' then 'added' else r.change end,
            r.previous_gross_quantity, r.gross_quantity, r.unit, r.yield_unit
        from lines as r
        inner join marts.dim_product as p on r.product_id = p.product_id
        left join marts.dim_menu_item as m on r.menu_item_id = m.menu_item_id
        left join marts.dim_product as made on r.makes_product_id = made.product_id
        where (r.change <> 'first_seen' or r.known_from > r.recipe_known_from)
            and cast(r.known_from - interval '1 day' as date) between %(first)s and %(last)s
        order by r.known_from desc, coalesce(m.name, made.name), p.name
        """,
        {
            "known_from": pl.Datetime(time_zone="UTC"),
            "made": pl.String,
            "ingredient": pl.String,
            "change": pl.String,
            "previous_quantity": NUMBER,
            "quantity": NUMBER,
            "unit": pl.String,
            "yield_unit": pl.String,
        },
        first=first,
        last=last,
    )
