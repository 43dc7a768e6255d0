{# A rate or share lies from 0 to 1, or is null. #}
{% test share(model, column_name) %}
select {{ column_name }} from {{ model }} where {{ column_name }} < 0 or {{ column_name }} > 1
{% endtest %}
