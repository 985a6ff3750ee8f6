{{ config(severity='warn') }}

-- A line in a unit that its product does not know has no place in theoretical usage until a factor is given.
select *
from {{ ref('int_recipe_lines_converted') }}
where gross_quantity is null
