{#- The restaurant's day of an instant: it runs from the cut-off on the location's own clock (01:30 belongs to yesterday). -#}
{% macro business_day(instant, time_zone, day_cutoff) -%}
    case
        when cast({{ instant }} at time zone {{ time_zone }} as time) < {{ day_cutoff }}
            then cast({{ instant }} at time zone {{ time_zone }} as date) - 1
        else cast({{ instant }} at time zone {{ time_zone }} as date)
    end
{%- endmacro %}

{#- The instant at which a restaurant's day ends: the next day's cut-off on the location's own clock. -#}
{% macro business_day_end(day, time_zone, day_cutoff) -%}
    (({{ day }} + 1) + {{ day_cutoff }}) at time zone {{ time_zone }}
{%- endmacro %}
