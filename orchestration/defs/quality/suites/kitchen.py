"""What is kept and what is cooked from it: products, units, recipes."""

# ruff: noqa: S608 - the names in these queries are this module's own constants

from __future__ import annotations

from orchestration.defs.quality.suites.queries import RAW, refers
from orchestration.lib.expectations import as_usual, between, no_rows, present, store, told

CYCLES = f"""
with recursive edges as (
    select recipe.product_id as made, line.product_id as used, recipe.effective_from, recipe.effective_to
    from {{batch}} as recipe
    inner join {RAW}.recipe_lines as line on line.recipe_id = recipe.id
    where recipe.product_id is not null
        and exists (select from {RAW}.recipes as other where other.product_id = line.product_id)
),
walks as (
    select made as start, used, array[made, used] as path, effective_from, effective_to from edges
    union all
    select walks.start, edges.used, walks.path || edges.used,
        greatest(walks.effective_from, edges.effective_from), least(walks.effective_to, edges.effective_to)
    from walks inner join edges on edges.made = walks.used
    where walks.used <> walks.start and not edges.used = any(walks.path[2:]) and cardinality(walks.path) < 20
        and greatest(walks.effective_from, edges.effective_from)
            <= least(coalesce(walks.effective_to, 'infinity'), coalesce(edges.effective_to, 'infinity'))
)
select (
    select string_agg(coalesce(product.sku, step.id), ' → ' order by step.place)
    from unnest(walks.path) with ordinality as step (id, place)
    left join {RAW}.products as product on product.id = step.id
) as path, effective_from
from walks where used = start and start = (select min(step) from unnest(path) as step)
"""

EMPTY = f"""
select id, menu_item_id, product_id, effective_from from {{batch}} as own
where not exists (select from {RAW}.recipe_lines as line where line.recipe_id = own.id)
"""

WITHOUT_RECIPE = f"""
select code, name from {RAW}.menu_items as item
where item.is_active and not exists (select from {{batch}} as own where own.menu_item_id = item.id)
order by code
"""

MEASURED = "Quantities of nothing, or of less, cannot be cooked with. Correct the recipe."

KITCHEN = (
    store(
        RAW,
        "products",
        present("sku", "stock_unit", reason="Quantities are told in the stock unit. Complete the product."),
        as_usual(),
        key=["id"],
    ),
    store(
        RAW,
        "product_units",
        between("numerator", 1, None, reason="A unit must be worth something. Correct the product's units."),
        between("denominator", 1, None, reason="A unit cannot be divided by nothing. Correct the product's units."),
        refers("every product is known", "product_id", "products"),
        key=["product_id", "unit"],
    ),
    store(RAW, "barcodes", refers("every product is known", "product_id", "products"), as_usual(), key=["id"]),
    store(RAW, "storage_areas", refers("every location is known", "location_id", "locations"), key=["id"]),
    store(
        RAW,
        "recipes",
        refers("every menu item is known", "menu_item_id", "menu_items"),
        refers("every product is known", "product_id", "products"),
        between("yield_quantity", 0, None, above=True, reason=MEASURED),
        no_rows(
            "no recipe contains itself",
            CYCLES,
            reason="Usage of these recipes has no end. Take one of the named products out of its recipe.",
        ),
        told(
            no_rows(
                "every recipe has a line",
                EMPTY,
                reason="Such a recipe takes nothing from stock. Complete it, or end it.",
            )
        ),
        told(
            no_rows(
                "every item on the menu has a recipe",
                WITHOUT_RECIPE,
                reason="Sales of these items take nothing from stock and cost nothing. Write their recipes.",
            )
        ),
        as_usual(),
        key=["id"],
    ),
    store(
        RAW,
        "recipe_lines",
        refers("every recipe is known", "recipe_id", "recipes"),
        refers("every product is known", "product_id", "products"),
        between("quantity", 0, None, above=True, reason=MEASURED),
        between(
            "yield_fraction",
            0,
            1,
            above=True,
            reason="A yield is a share, up to 1. Correct the recipe.",
        ),
        key=["id"],
    ),
)
