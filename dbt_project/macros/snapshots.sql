{#- A version's moments are instants: the adapters' own would be local times of whatever zone the session has. -#}
{% macro postgres__snapshot_get_time() -%}
    current_timestamp
{%- endmacro %}

{% macro duckdb__snapshot_get_time() -%}
    current_timestamp
{%- endmacro %}
