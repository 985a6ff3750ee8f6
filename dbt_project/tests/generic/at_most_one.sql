{#- A share: between 0 and 1, or null where nothing was measured. -#}
{% test at_most_one(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < 0 or {{ column_name }} > 1
{% endtest %}
