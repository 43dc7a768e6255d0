{#
    Materializations that know what there is to do: a model writes what differs, and one that nothing has happened to is left
    alone. Whatever else there may be, a first build or other columns, is dbt's own way.
#}

{% materialization incremental, adapter='postgres' %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- if is_resting() -%}
        {%- call noop_statement('main', 'NOTHING NEW') -%} {{ sql }} {%- endcall -%}
        {{ return({'relations': [relation]}) }}
    {%- endif -%}
    {%- set how = found()['how'] -%}
    {%- if how == 'nothing' -%}
        {%- call statement('main') -%} {{ note_reading() }} {%- endcall -%}
        {%- do adapter.commit() -%}
        {{ return({'relations': [relation]}) }}
    {%- endif -%}
    {%- do graph.get('stirred', []).append(model.unique_id) -%}
    {%- if how == 'touched' -%}
        {%- call statement('main') -%} {{ touched_sql(relation, sql) }} {%- endcall -%}
        {%- do refresh_statistics(relation, load_result('main').response.rows_affected) -%}
        {%- do adapter.commit() -%}
        {{ return({'relations': [relation]}) }}
    {%- endif -%}
    {{ return(materialization_incremental_default()) }}
{% endmaterialization %}

{# Build the touched keys, note how far was read, log and write what differs from what is stored. #}
{% macro touched_sql(relation, sql) %}
    {#- Those of the code: a table of before may keep one that the code knows no more. -#}
    {%- set columns = get_columns_in_query(sql) | list -%}
    create temporary table new as {{ '(' }}
    {{ sql }}
    {{ ')' }};
    {{ note_reading() }}
    {{ write_differences(relation, 'new', columns, stored_rows(relation, found()['touched_columns'] or []), found()['is_read']) }}
{% endmacro %}

{% macro note_reading() -%}
    update changes.readers as known set read_until = reading.read_until::timestamptz, read_at = now()
    from (
        values
        {%- for row in found()['reading'] %}
            ('{{ row['table_name'] }}', '{{ row['logged'] }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as reading (table_name, read_until)
    where known.table_name = reading.table_name and known.reader = '{{ model.name }}';
{%- endmacro %}

{# Of days that its statistics do not know, the planner thinks that they are empty. #}
{% macro refresh_statistics(relation, written) %}
    {%- if written > 100 -%}
        {%- set known = run_query("select reltuples::float8 from pg_class where oid = '" ~ relation ~ "'::regclass").rows -%}
        {%- if written > 0.02 * (known[0][0] | float) -%}
            {%- do run_query("analyze " ~ relation) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{# Rows that differ are deleted and written again, in the model's transaction. `stored`: the relation of the stored ones. #}
{% macro write_differences(target, new, columns, stored, is_read) %}
    {%- set all = columns | join(', ') -%}
    {%- set compared = columns | reject('equalto', 'created_at') | list -%}
    {%- set key = config.get('unique_key') | join(', ') -%}
    {%- set unique_keys = config.get('indexes', []) | selectattr('unique', 'defined') | map(attribute='columns') | list -%}
    create temporary table differing as
    {{ (differing_rows if config.get('unique_key') in unique_keys else differing_sets)(new, compared, stored, key) }};
    {%- set log = 'changes.' ~ target.identifier %}
    {% if is_read %}
    {%- set logging = 'insert into ' ~ log ~ ' (' ~ all ~ ', changed_at) select ' ~ all ~ ', now() from ' -%}
    delete from {{ log }}
    where changed_at <= (select min(read_until) from changes.readers where table_name = '{{ target.identifier }}');
    with gone as (
        delete from {{ target }} where ({{ key }}) in (select {{ key }} from differing where is_stored) returning *
    )
    {{ logging }} gone;
    {{ logging }} {{ new }} where ({{ key }}) in (select {{ key }} from differing);
    update changes.logs set changed_at = now()
    where table_name = '{{ target.identifier }}' and exists (select from differing);
    {%- else %}
    delete from {{ target }} where ({{ key }}) in (select {{ key }} from differing where is_stored);
    {%- endif %}
    insert into {{ target }} ({{ all }})
    select {{ all }} from {{ new }} where ({{ key }}) in (select {{ key }} from differing);
{% endmacro %}

{# Keys of one row that came, went or changed, and whether they have a stored row that is to be deleted. #}
{% macro differing_rows(new, compared, stored, key) -%}
    select {{ key }}, stored.is_stored is not null as is_stored
    from {{ new }} as new
    full join (
        select {{ 'stored.' ~ compared | join(', stored.') }}, true as is_stored from {{ stored }}
    ) as stored using ({{ key }})
    where (new.{{ compared | join(', new.') }}) is distinct from (stored.{{ compared | join(', stored.') }})
{%- endmacro %}

{# Keys of several rows, which are written anew as a whole: rows that are as often new as they are stored cancel out. #}
{% macro differing_sets(new, compared, stored, key) -%}
    select {{ key }}, true as is_stored
    from (
        select {{ compared | join(', ') }}, 1 as side from {{ new }}
        union all
        select {{ 'stored.' ~ compared | join(', stored.') }}, -1 from {{ stored }}
    ) as both_sides
    group by {{ compared | join(', ') }}
    having sum(side) <> 0
{%- endmacro %}

{# The stored rows of the touched keys. #}
{% macro stored_rows(relation, columns) -%}
    {%- set keys = columns | reject('equalto', 'since_date') | join(', ') -%}
    {%- if 'since_date' in columns -%}
    touched
    cross join lateral (
        select * from {{ relation }}
        where {{ keys }} = touched.{{ keys }} and event_timestamp >= {{ utc_midnight('touched.since_date') }}
        offset 0
    ) as stored
    {%- else -%}
    {{ relation }} as stored {{ 'where (' ~ keys ~ ') in (select ' ~ keys ~ ' from touched)' if columns }}
    {%- endif -%}
{%- endmacro %}

{# Incremental strategy `restate`, of tables that are there: all rows anew, or the feature rows of the days asked for. #}
{% macro get_incremental_restate_sql(arg_dict) %}
    {%- set target, new = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | list -%}
    {%- if var('min_date', none) and model.schema == 'features' %}
    {%- set names = arg_dict['dest_columns'] | map(attribute='name') | list %}
    {{ write_differences(target, new, names, target ~ ' as stored where ' ~ days_rebuilt('event_timestamp'), false) }}
    {%- else %}
    {{ drop_indexes(target) }}
    truncate {{ target }};
    insert into {{ target }} ({{ columns | join(', ') }}) select {{ columns | join(', ') }} from {{ new }};
    {%- for index in config.get('indexes', []) %}
    {{ get_create_index_sql(target, index) }};
    {%- endfor %}
    {%- endif %}
{% endmacro %}

{# Rows are loaded faster without them, and the model may have come to want others. #}
{% macro drop_indexes(relation) %}
    {%- for name in run_query(
        "select indexrelid::regclass::text from pg_index where indrelid = '" ~ relation ~ "'::regclass"
    ).columns[0].values() %}
    drop index {{ name }};
    {%- endfor %}
{% endmacro %}

{% materialization snapshot, adapter='postgres' %}
    {%- set may_rest = load_cached_relation(this) is not none and flags.WHICH in ('run', 'build') -%}
    {%- if may_rest and knows_nothing_new() or read_logs(may_rest)['how'] == 'nothing' -%}
        {%- call noop_statement('main', 'NOTHING NEW') -%} {{ sql }} {%- endcall -%}
        {{ return({'relations': [this.incorporate(type='table')]}) }}
    {%- endif -%}
    {%- do graph.get('stirred', []).append(model.unique_id) -%}
    {{ return(materialization_snapshot_default()) }}
{% endmaterialization %}

{#
    A table that is built whole each time is filled anew in place where it has the same columns: views on it stay, and whoever
    reads it meanwhile reads what was.
#}
{% materialization table, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set columns = adapter.get_columns_in_relation(existing) | map(attribute='name') | list if existing is not none else [] -%}
    {%- if should_full_refresh() or columns != get_columns_in_query(sql) | list -%}
        {{ return(materialization_table_default()) }}
    {%- endif -%}
    {#- Two runs at once would each leave their rows: the second delete does not see what the first has written. -#}
    {%- call statement('main') -%}
    lock table {{ existing }} in share row exclusive mode;
    delete from {{ existing }};
    insert into {{ existing }} {{ sql }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [existing]}) }}
{% endmaterialization %}

{# A view is made where it is missing or its code has changed. #}
{% materialization view, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and existing.is_view and graph.get('views', {}).get(model.name) == definition() ~ 0 -%}
        {%- call noop_statement('main', 'THERE ALREADY') -%} {{ sql }} {%- endcall -%}
        {{ return({'relations': [existing]}) }}
    {%- endif -%}
    {{ return(materialization_view_default()) }}
{% endmaterialization %}

{#
    When a run begins: which views there are, by the hash of their code, and who has read all that is logged. One question for
    all, kept where every model of this run finds it, so that a model without news need not even open a connection; and
    beside it who has been at work since. Where `graph` does not keep it, each model asks for itself.
#}
{% macro know() -%}
    {%- if execute and not should_full_refresh() -%}
        {%- set known = run_query(known_sql()).rows -%}
        {%- set views, resting = {}, {} -%}
        {%- for row in known -%}
            {%- do (views if row['is_view'] else resting).update({row['reader']: row['definition'] ~ row['logs']}) -%}
        {%- endfor -%}
        {%- do graph.update({'views': views, 'resting': resting, 'stirred': []}) -%}
    {%- endif -%}
{%- endmacro %}

{% macro known_sql() -%}
    select reader, min(definition) as definition, count(logs.table_name) as logs, min(known.table_name) = reader as is_view
    from changes.readers as known
    left join changes.logs on logs.table_name = known.table_name
    group by reader
    having bool_and(known.table_name = reader or known.read_until = coalesce(logs.changed_at, '-infinity'))
{%- endmacro %}

{#
    Whether nothing that this model reads had news when the run began, or was at work since. Of the time nothing is known before
    the time bounds are built.
#}
{% macro knows_nothing_new() %}
    {%- set parents = model.depends_on.nodes -%}
    {{ return(
        graph.get('resting', {}).get(model.name) == definition() ~ tables_read() | length
        and 'int_time_bounds' not in tables_read()
        and graph['stirred'] | select('in', parents) | list == []
    ) }}
{% endmacro %}

{% macro is_resting() %}
    {{ return(
        execute and flags.WHICH in ('run', 'build') and model.config.materialized == 'incremental'
        and may_restate() and knows_nothing_new()
    ) }}
{% endmacro %}

{# The last step of a view: it is there, by this code. It reads no log, and stands in the list as a reader of its own. #}
{% macro remember_view() -%}
    {%- if execute and model.config.materialized == 'view' -%}
    insert into changes.readers (table_name, reader, definition, read_until)
    values ('{{ model.name }}', '{{ model.name }}', '{{ definition() }}', 'infinity')
    on conflict (table_name, reader) do update set definition = excluded.definition, read_at = now();
    {%- endif -%}
{%- endmacro %}
