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
    Clause after a relation named `alias`: only its rows that bear on what this run builds. What happened more than `days`
    before a midnight is in no window there and leaves none; without `days` everything since the beginning counts.
#}
{% macro bearing_on(partial, alias, entity, happened_date=none, days=none) -%}
    {%- if partial -%}
    inner join touched on touched.{{ entity }} = {{ alias }}.{{ entity }}
    {%- if days %} and {{ happened_date }} >= touched.since_date - {{ days + 1 }}{% endif %}
    {%- elif days and var('min_date', none) -%}
    where {{ happened_date }} >= date '{{ var('min_date') }}' - {{ days + 1 }}
    {%- endif -%}
{%- endmacro %}

{#
    The last step of every feature model: the rows of this run that are known by now, with the columns of the contract.
    A unit test compiles the model without its contract, and compares only the columns that it names.
#}
{% macro known_rows(relation, partial=false, entity=none) -%}
select
    {% for name in model.columns -%}
    {{ 'now() as ' if name == 'created_at' }}{{ relation ~ '.' if name != 'created_at' }}{{ name }}{{ ',' if not loop.last }}
    {% else -%}
    {{ relation }}.*
    {% endfor %}
from {{ relation }}
{% if partial -%}
inner join touched on touched.{{ entity }} = {{ relation }}.{{ entity }}
    and {{ relation }}.event_timestamp >= {{ utc_midnight('touched.since_date') }}
{% endif -%}
where {{ relation }}.event_timestamp <= (select last_midnight_at from {{ ref('int_time_bounds') }})
    and {{ days_rebuilt(relation ~ '.event_timestamp') }}
{%- endmacro %}
