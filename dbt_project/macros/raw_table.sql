{#-
    A source's table, or an empty one of the declared columns where nothing has been loaded into it yet (a house without
    a till, a first run without a forecast), so that the first build of a new installation works.
-#}
{% macro raw_table(source_name, table_name) -%}
    {%- set declared = source(source_name, table_name) -%}
    {%- if not execute or load_relation(declared) is not none -%}
        {{ declared }}
    {%- else -%}
        {%- set node = graph.sources["source." ~ project_name ~ "." ~ source_name ~ "." ~ table_name] -%}
        (
            select
                {% for column in node.columns.values() -%}
                cast(null as {{ column.data_type }}) as {{ column.name }}{{ "," if not loop.last }}
                {% endfor %}
            where false
        ) as nothing_loaded_yet
    {%- endif -%}
{%- endmacro %}
