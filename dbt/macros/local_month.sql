{# The first day of an instant's month on the wall calendar of a time zone. #}
{% macro local_month(instant, time_zone) -%}
    date_trunc('month', {{ local_date(instant, time_zone) }})::date
{%- endmacro %}
