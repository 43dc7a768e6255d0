{#
    When a run ends: a table or view that a model of an earlier version made, and that no model makes any more, is dropped with its
    log. Known as made are those who stand in `changes.readers`, so nobody else's table goes; and only in the schemas whose tables
    dbt alone makes and could make again: features may be counted in Python, and snapshots remember what nothing else does. What a
    view or key still hangs on stays until that is gone, but no log waits any more to be read by it.
#}
{% macro drop_gone_models() -%}
    {%- set known = graph.get('nodes', {}).values() | selectattr('resource_type', 'eq', 'model') | map(attribute='name') | list -%}
    {%- if execute and known and flags.WHICH in ('run', 'build') -%}
        update changes.readers set read_until = 'infinity', definition = ''
        where {{ made_by_no_model(known) }} and read_until <> 'infinity';
        {%- for gone in run_query(gone_models_sql(known)).rows -%}
            {%- do log('dropped ' ~ gone['relation'] ~ ', which no model makes any more', info=true) -%}
            drop {{ gone['kind'] }} {{ gone['relation'] }};
            drop table if exists changes.{{ gone['name'] }};
            delete from changes.readers where '{{ gone['name'] }}' in (reader, table_name);
            delete from changes.logs where table_name = '{{ gone['name'] }}';
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro gone_models_sql(known) -%}
    select distinct
        pg_class.oid::regclass::text as relation,
        relname as name,
        case relkind when 'v' then 'view' else 'table' end as kind
    from changes.readers
    inner join pg_class on relname = reader and relkind in ('r', 'v')
    where relnamespace::regnamespace::text in ('staging', 'intermediate', 'marts')
        and {{ made_by_no_model(known) }}
        and not exists (select from pg_depend where refclassid = 'pg_class'::regclass and refobjid = pg_class.oid and deptype = 'n')
{%- endmacro %}

{# Readers that are no model, and whose own table is not where Python and snapshots have theirs. #}
{% macro made_by_no_model(known) -%}
    reader not in ('{{ known | join("', '") }}')
    and not exists (
        select from pg_class as own
        where own.relname = reader and own.relnamespace::regnamespace::text in ('features', 'snapshots')
    )
{%- endmacro %}
