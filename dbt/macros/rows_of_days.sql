{#
    Rows of a model on the touched days, or all of them when the build is whole. The days are written out as stretches of time:
    only of constants does the planner know that they are few, and takes the index on the instant.

    stretches: query of ranges of instants, `utc_stretches` or `local_stretches`.
#}
{% macro rows_of_days(partial, model_name, instant, stretches) -%}
    {%- if partial -%}
    (
        select * from {{ ref(model_name) }}
        where false
        {%- for first, end in (run_query(joined(stretches)).rows if partial == 'touched' else []) %}
            or {{ instant }} >= timestamptz '{{ first }}' and {{ instant }} < timestamptz '{{ end }}'
        {%- endfor %}
    )
    {%- else -%}
    {{ ref(model_name) }}
    {%- endif -%}
{%- endmacro %}

{# Stretches that touch or overlap as one: its first instant, and the one behind its last. #}
{% macro joined(stretches) -%}
    select lower(stretch)::text, upper(stretch)::text
    from (select unnest(range_agg(stretch)) as stretch from ({{ stretches }}) as given (stretch)) as joined
    order by 1
{%- endmacro %}

{# The touched days that are UTC dates. #}
{% macro utc_stretches(day) -%}
    select tstzrange({{ utc_midnight(day) }}, {{ utc_midnight(day ~ ' + 1') }})
    from (select distinct {{ day }} from touched) as days
{%- endmacro %}

{#
    The touched days on the clocks of all sellers, of which there are few. Where a clock is set, midnight may come twice: some
    hours more are read than the day has.
#}
{% macro local_stretches(day) -%}
    select
        tstzrange(
            {{ day }}::timestamp at time zone time_zone - interval '3 hours',
            ({{ day }} + 1)::timestamp at time zone time_zone + interval '3 hours'
        )
    from (select distinct {{ day }} from touched) as days
    cross join (select distinct time_zone from {{ ref('dim_sellers') }}) as clocks
{%- endmacro %}
