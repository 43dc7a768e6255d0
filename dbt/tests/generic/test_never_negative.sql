{# A count or an amount is never below zero. #}
{% test never_negative(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ column }} < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
