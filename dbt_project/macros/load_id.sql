{#- The pipeline run that made a mart's rows. -#}
{% macro load_id() -%}
    cast('{{ var("load_id") }}' as text)
{%- endmacro %}
