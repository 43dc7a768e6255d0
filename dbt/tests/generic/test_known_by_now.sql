{# No feature row says that it was known at a time that the data had not reached. #}
{% test known_by_now(model) %}
select feature_rows.*
from {{ model }} as feature_rows
cross join {{ ref('int_time_bounds') }} as bounds
where feature_rows.event_timestamp > bounds.last_midnight_at or feature_rows.event_timestamp > now()
{% endtest %}
