{# Whole calendar months from the first day of a month to the month of a day. #}
{% macro months_between(month, day) -%}
    (
        (extract(year from {{ day }}) - extract(year from {{ month }})) * 12
        + extract(month from {{ day }}) - extract(month from {{ month }})
    )::integer
{%- endmacro %}
