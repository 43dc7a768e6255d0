{# A rate or share lies from 0 to 1, or is null. #}
{% test shares(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ column }} < 0 or {{ column }} > 1{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
