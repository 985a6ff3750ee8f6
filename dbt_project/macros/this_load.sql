{#-
    A test's `where` may say __this_load__: the rows of marts that this run wrote. What earlier runs wrote they have tested,
    and keys are unique over all loads by their indexes; so what tests cost follows what is new.
-#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') -%}
    {%- if where -%}
    (select * from {{ relation }} where {{ where | replace('__this_load__', load_id()) }}) as dbt_subquery
    {%- else -%}
    {{ relation }}
    {%- endif -%}
{%- endmacro %}
