{#
    Rows of a model on the touched days, or all of them when the build is whole. The days are written out as stretches of time:
    only of constants does the planner know that they are few, and takes the index on the instant.

    days: query of UTC dates.
#}
{% macro rows_of_days(partial, model_name, instant, days) -%}
    {%- if partial -%}
    (
        select * from {{ ref(model_name) }}
        where false
        {%- for first, end in (run_query(stretches(days)).rows if partial == 'touched' else []) %}
            or {{ instant }} >= timestamptz '{{ first }} 00:00Z' and {{ instant }} < timestamptz '{{ end }} 00:00Z'
        {%- endfor %}
    )
    {%- else -%}
    {{ ref(model_name) }}
    {%- endif -%}
{%- endmacro %}

{# Runs of consecutive days: the first, and the one after the last. #}
{% macro stretches(days) -%}
    select min(day)::text, (max(day) + 1)::text
    from (
        select day, day - row_number() over (order by day)::integer as stretch
        from (select distinct day from ({{ days }}) as days (day)) as distinct_days
    ) as numbered_days
    group by stretch
    order by 1
{%- endmacro %}

{# The UTC dates that a touched day on any wall calendar overlaps. #}
{% macro utc_dates_of(local_date) -%}
    select touched.{{ local_date }} + step from touched cross join generate_series(-1, 1) as step
{%- endmacro %}
