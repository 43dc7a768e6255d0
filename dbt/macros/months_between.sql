{# Whole calendar months from the first day of a month to the month of a day; `extract` would count in numerics, far slower. #}
{% macro months_between(month, day) -%}
    (
        (date_part('year', {{ day }}) - date_part('year', {{ month }})) * 12
        + date_part('month', {{ day }}) - date_part('month', {{ month }})
    )::integer
{%- endmacro %}
