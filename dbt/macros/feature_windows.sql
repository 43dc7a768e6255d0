{#
    Feature tables are restated from a midnight on, per entity: `touched` has the entity and its `since_date`.
#}

{#
    The entities whose values may differ from what is stored, and since which midnight: something that they did was changed,
    or a midnight was reached at which an activity enters a window or leaves it.

    inputs: the tables with the entity's activity, each with the SQL of the UTC day on which it happened.
    windows: lengths in days. A day d is inside a window of w days at the midnights d + 1 ... d + w.
#}
{% macro touched_since(entity, inputs, windows) -%}
    {%- set steps = [1] -%}
    {%- for days in windows %}{% do steps.append(days + 1) %}{% endfor -%}
    select {{ entity }}, min(since_date) as since_date
    from (
        {%- for table, happened_date in inputs.items() %}
        select {{ entity }}, {{ happened_date }} + 1 as since_date from {{ changed(table) }}
        union all
        {{ midnights_reached(entity, table, happened_date, steps) }}
        union all
        {%- endfor %}
        -- the data may come to end earlier, when a row is corrected
        select {{ entity }}, {{ last_midnight() }} + 1 from {{ this }}
        where {{ last_midnight() }} < {{ midnight_read() }} and event_timestamp > {{ utc_midnight(last_midnight()) }}
    ) as changes
    where {{ entity }} is not null
    group by 1
{%- endmacro %}

{# The entities for which one of `steps` days after an activity has been reached since this model was built, and that day. #}
{% macro midnights_reached(entity, table, happened_date, steps) -%}
    {%- for step in steps %}
    {{ 'union all' if not loop.first }}
    select {{ entity }}, {{ happened_date }} + {{ step }} from {{ ref(table) }}
    where {{ happened_date }} > {{ midnight_read() }} - {{ step }} and {{ happened_date }} <= {{ last_midnight() }} - {{ step }}
    {%- endfor %}
{%- endmacro %}

{# The last midnight that the data reached, and the one up to which this model was built before. #}
{% macro last_midnight() -%}
    (select {{ utc_date('last_midnight_at') }} from {{ ref('int_time_bounds') }})
{%- endmacro %}

{% macro midnight_read() -%}
    (
        select {{ utc_date('read_until') }} from changes.readers
        where table_name = 'int_time_bounds' and reader = '{{ model.name }}'
    )
{%- endmacro %}

{#
    Counts only go up and down, so they are not counted from the beginning, nor from where their windows begin: the last row
    before `since_date` is one change, from nothing to what it says, and those since are added. It is there to count on, not to
    be written again: `is_earlier`. `offset 0` keeps a subquery as it is: one look into the index per touched entity, where the
    planner would rather read the whole table.
#}

{#
    Rows of a model, each beside the steps of its life: `days_later` it enters a count, or leaves it, by `change`. Of a partial
    build only those of the days that it builds.

    steps, names: SQL values and their names, the first of which is `days_later`.
    days: how far before the first day asked for by name an activity may still count; none for ever.
#}
{% macro stepping(partial, model_name, entity, happened_date, steps, names='change', days=none) -%}
    (
        {%- if partial %}
        select happened.*, step.*
        from touched
        cross join (values {{ steps }}) as step (days_later, {{ names }})
        cross join lateral (
            select * from {{ ref(model_name) }}
            where {{ entity }} = touched.{{ entity }}
                and {{ happened_date }} >= touched.since_date - step.days_later
                and {{ happened_date }} <= {{ last_midnight() }} - step.days_later
            offset 0
        ) as happened
        {%- else %}
        select happened.*, step.*
        from {{ looking_back(false, model_name, entity, happened_date, days) }} as happened
        cross join (values {{ steps }}) as step (days_later, {{ names }})
        {%- endif %}
    )
{%- endmacro %}

{#
    Rows of a model that bear on what this run builds: what happened more than `days` before a midnight is in no window there
    and leaves none; without `days` everything since the beginning counts.
#}
{% macro looking_back(partial, model_name, entity, happened_date=none, days=none) -%}
    (
        {%- if partial %}
        select happened.*
        from touched
        cross join lateral (
            select * from {{ ref(model_name) }}
            where {{ entity }} = touched.{{ entity }}
            {%- if days is not none %} and {{ happened_date }} >= touched.since_date - ({{ days + 1 }}){% endif %}
            offset 0
        ) as happened
        {%- else %}
        select * from {{ ref(model_name) }}
        {%- if days is not none and var('min_date', none) %}
        where {{ happened_date }} >= date '{{ var('min_date') }}' - {{ days + 1 }}
        {%- endif %}
        {%- endif %}
    )
{%- endmacro %}

{# Rows of a model that count from a day of their own on, and of a partial build only those of the days that it builds. #}
{% macro since(partial, model_name, entity, known_date) -%}
    {{ looking_back(true, model_name, entity, known_date, -1) if partial else ref(model_name) }}
{%- endmacro %}

{# Per touched entity the last stored row from before the days that this run builds. #}
{% macro rows_before(entity) -%}
    (
        select stored.*, {{ utc_date('stored.event_timestamp') }} as known_date
        from touched
        cross join lateral (
            select * from {{ this }}
            where {{ entity }} = touched.{{ entity }} and event_timestamp < {{ utc_midnight('touched.since_date') }}
            order by event_timestamp desc
            limit 1
        ) as stored
    )
{%- endmacro %}

{#
    The last step of every feature model: the rows of this run that are known by now, with the columns of the contract.
    A unit test compiles the model without its contract, and compares only the columns that it names.
#}
{% macro known_rows(relation, partial=false) -%}
select
    {% for name in model.columns -%}
    {{ 'now() as ' if name == 'created_at' }}{{ relation ~ '.' if name != 'created_at' }}{{ name }}{{ ',' if not loop.last }}
    {% else -%}
    {{ relation }}.*
    {% endfor %}
from {{ relation }}
where {{ relation }}.event_timestamp <= (select last_midnight_at from {{ ref('int_time_bounds') }})
    and {{ 'not ' ~ relation ~ '.is_earlier' if partial else days_rebuilt(relation ~ '.event_timestamp') }}
{%- endmacro %}
