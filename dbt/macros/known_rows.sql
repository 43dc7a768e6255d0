{#
    The last step of every feature model: the rows of this run that are known by now, with the columns of the contract.
    A unit test compiles the model without its contract, and compares only the columns that it names.
#}
{% macro known_rows(relation) -%}
select
    {% for name in model.columns -%}
    {{ 'now() as ' if name == 'created_at' }}{{ name }}{{ ',' if not loop.last }}
    {% else -%}
    *
    {% endfor %}
from {{ relation }}
where event_timestamp <= (select last_midnight_at from {{ ref('int_time_bounds') }})
    and {{ days_rebuilt('event_timestamp') }}
{%- endmacro %}
