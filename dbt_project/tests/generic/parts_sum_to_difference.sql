{#- Rows whose parts do not sum exactly to what they explain. -#}
{% test parts_sum_to_difference(model) %}
select *
from {{ model }}
where
    volume_value + mix_value + recipe_change_value + waste_value + other_use_value + count_correction_value
    + unexplained_value + price_value <> actual_value - baseline_value
    or opening_quantity + received_quantity + transferred_quantity + produced_quantity - closing_quantity
    <> actual_quantity
{% endtest %}
