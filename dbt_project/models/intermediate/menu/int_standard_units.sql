{#- The units that every product knows of its own stock unit's family, in the family's base unit; exact by definition. -#}
with final as (
    select
        cast(unit as text) as unit,
        cast(family as text) as family,
        cast(base_quantity as numeric(22, 12)) as base_quantity
    from (
        values
        ('mg', 'weight', 0.001),
        ('g', 'weight', 1),
        ('kg', 'weight', 1000),
        ('oz', 'weight', 28.349523125),
        ('lb', 'weight', 453.59237),
        ('ml', 'volume', 1),
        ('cl', 'volume', 10),
        ('l', 'volume', 1000),
        ('fl_oz', 'volume', 29.5735295625),
        ('gal', 'volume', 3785.411784),
        ('each', 'count', 1),
        ('dozen', 'count', 12)
    ) as units (unit, family, base_quantity)
)

select * from final
