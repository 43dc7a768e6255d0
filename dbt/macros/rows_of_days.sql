{#
    Rows of a model on the touched days, found by the index on their instant; all rows when the build is whole.

    days: query of the UTC dates, each once.
#}
{% macro rows_of_days(partial, model_name, instant, days) -%}
    {%- if partial -%}
    (
        select happened.*
        from ({{ days }}) as days (utc_date)
        cross join lateral (
            select * from {{ ref(model_name) }}
            where {{ instant }} >= {{ utc_midnight('days.utc_date') }} and {{ instant }} < {{ utc_midnight('days.utc_date + 1') }}
        ) as happened
    )
    {%- else -%}
    {{ ref(model_name) }}
    {%- endif -%}
{%- endmacro %}

{# The UTC dates that a touched day on any wall calendar overlaps. #}
{% macro utc_dates_of(local_date) -%}
    select distinct touched.{{ local_date }} + step from touched cross join generate_series(-1, 1) as step
{%- endmacro %}
