{#- A model's schema is exactly the one its folder names: readers and grants know it by that name. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
