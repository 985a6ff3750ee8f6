{#- Whether whoever reads may see every location: all but the dashboards' role do, and that one when its claim says so. -#}
{% macro reads_every_location() -%}
    {%- if target.type != 'postgres' -%}
        true
    {%- else -%}
        current_user <> 'stockpot_reader'
        {%- set found = run_query("select to_regprocedure('row_scope.is_everywhere()')") if execute -%}
        {%- if found and found.rows[0][0] %} or row_scope.is_everywhere(){% endif -%}
    {%- endif -%}
{%- endmacro %}
