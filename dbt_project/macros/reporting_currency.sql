{#-
    The currency in which a total over locations is shown: REPORTING_CURRENCY of the environment, else the one that all
    locations keep. Where they keep several and none is chosen it is null, and so is every total over them.
-#}
{% macro reporting_currency(locations) -%}
    {%- set chosen = env_var('REPORTING_CURRENCY', '') -%}
    {%- if chosen and not modules.re.fullmatch('[A-Z]{3}', chosen) -%}
        {{ exceptions.raise_compiler_error("REPORTING_CURRENCY is a currency of three capital letters, such as EUR, not " ~ chosen) }}
    {%- endif -%}
    {%- if chosen -%}
        cast('{{ chosen }}' as text)
    {%- else -%}
        (select case when count(distinct currency) = 1 then max(currency) end from {{ locations }})
    {%- endif -%}
{%- endmacro %}
