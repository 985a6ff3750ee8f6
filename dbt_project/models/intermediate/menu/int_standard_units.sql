{#- The units that every product knows of its own stock unit's kind, in the smallest unit of the kind. -#}
with final as (
    select
        cast(unit as text) as unit,
        cast(kind as text) as kind,
        cast(smallest as bigint) as smallest
    from (
        values
        ('g', 'weight', 1),
        ('kg', 'weight', 1000),
        ('ml', 'volume', 1),
        ('l', 'volume', 1000),
        ('each', 'count', 1)
    ) as units (unit, kind, smallest)
)

select * from final
