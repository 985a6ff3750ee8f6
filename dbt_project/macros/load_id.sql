{#-
    The pipeline run that made a mart's rows. Only a running model asks for it: a variable that is read while the project is
    parsed would make dbt parse it anew at every run.
-#}
{% macro load_id() -%}
    cast('{{ env_var("DBT_LOAD_ID", "manual") if execute }}' as text)
{%- endmacro %}
