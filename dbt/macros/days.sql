{# Facts keep UTC instants and partitions are UTC days, whatever the session's time zone is. #}

{# The UTC day of an instant. #}
{% macro utc_date(instant) -%}
    ({{ instant }} at time zone 'UTC')::date
{%- endmacro %}

{# The instant at which a UTC day begins. #}
{% macro utc_midnight(day) -%}
    (({{ day }})::timestamp at time zone 'UTC')
{%- endmacro %}

{# The day of an instant on the wall calendar of a time zone. #}
{% macro local_date(instant, time_zone) -%}
    ({{ instant }} at time zone {{ time_zone }})::date
{%- endmacro %}

{#
    Whether an instant lies in the days that this run rebuilds: `min_date` to `max_date`, both included, or all of history.
    A run deletes these days of a feature table before it writes them again.
#}
{% macro days_rebuilt(instant) -%}
    {%- set min_date = var('min_date', none) -%}
    {%- set max_date = var('max_date', none) or min_date -%}
    {%- if min_date -%}
    {{ instant }} >= {{ utc_midnight("date '" ~ min_date ~ "'") }}
    and {{ instant }} < {{ utc_midnight("date '" ~ max_date ~ "' + 1") }}
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}
