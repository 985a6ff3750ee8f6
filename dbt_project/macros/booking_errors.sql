{#- The reasons of corrections that mend a wrong booking, as a list of literals: nothing was used, only written wrongly. -#}
{% macro booking_errors() -%}
    {%- for reason in var('booking_error_reasons') -%}
        '{{ reason }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
