{#
    How every table that grows is kept equal to a full build, whatever arrives and in whatever order.

    Each table that may change has a log, `changes.<table>`: the rows that a run took away or changed, as they were, and the
    rows that it wrote. A model says by which keys a change of what it reads touches it:

        {% set touched %}
            select session_id from {{ changed('sessions') }} union select session_id from {{ changed('fct_events') }}
        {% endset %}
        {% set partial = restate(touched) %}

    `partial` says whether only those keys are built; then they lie in the temporary table `touched`, and the model selects
    the rows of these keys and no others. A column `since_date` beside a key means: from that midnight on. The strategy below
    compares the new rows with the stored ones, writes those that differ, and logs them for whatever reads this table.

    Built whole: a table that does not exist yet, whose code has changed, or that reads a table which was itself built whole.
    Reading, writing and the note of how far was read are one transaction, so that a run that dies has done nothing.
#}

{# Whether only the keys of `touched`, a query, are built; `none` stands for all keys, to compare the table whole. #}
{% macro restate(touched=none) %}
    {%- if not execute or flags.WHICH not in ('run', 'build') or model.config.materialized != 'incremental' -%}
        {{ return(false) }}
    {%- endif -%}
    {#- a touched key is looked up where a scan would read the whole table: with the usual guess of a disk's cost it never is -#}
    {%- do run_query("set random_page_cost = 1.1; drop table if exists pg_temp.touched, pg_temp.reading; " ~ reading_sql()) -%}
    {%- if not is_incremental() or (var('min_date', none) and model.schema == 'features') or not is_readable() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- do run_query("create temporary table touched " ~ ("as " ~ touched if touched else "()") ~ "; analyze pg_temp.touched") -%}
    {{ return(touched is not none) }}
{% endmacro %}

{# Rows of a table, raw or of a model, as they were before and after every change that this model has not read yet. #}
{% macro changed(table) -%}
    (
        select * from changes.{{ table }}
        where changed_at > (
            select read_until from changes.readers where table_name = '{{ table }}' and reader = '{{ model.name }}'
        )
    ) as {{ table }}
{%- endmacro %}

{# Keys of the rows in which one of `columns` changed, or that came or went. #}
{% macro changed_in(table, key, columns) -%}
    select {{ key }} from {{ changed(table) }}
    group by 1
    having count(*) % 2 = 1 or count(distinct ({{ columns | join(', ') }}, 0)) > 1
{%- endmacro %}

{# The tables that this model reads, by the name of their log: raw ones behind their staging views, and models. #}
{% macro tables_read() %}
    {%- set names = [] -%}
    {%- for id in graph.nodes[model.unique_id].depends_on.nodes -%}
        {%- if graph.nodes[id].resource_type == 'model' -%}
            {%- do names.append(graph.nodes[id].name.split('__')[-1]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{#
    How far the logs go before anything is read: what is logged meanwhile is read again next time, which changes nothing.
    Of the time bounds it is the last midnight that was known.
#}
{% macro reading_sql() -%}
    {%- set logs = run_query("select relname from pg_class where relnamespace = 'changes'::regnamespace").columns[0].values() -%}
    create temporary table reading (table_name text, read_until timestamptz);
    {%- for table in tables_read() %}
    {%- if table == 'int_time_bounds' %}
    insert into reading select '{{ table }}', last_midnight_at from {{ ref('int_time_bounds') }};
    {%- elif table in logs %}
    insert into reading select '{{ table }}', coalesce(max(changed_at), '-infinity') from changes.{{ table }};
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# Whether the logs hold all that happened since this model was built, by this very code. #}
{% macro is_readable() %}
    {%- set found = run_query(
        "select count(*) from reading inner join changes.readers as known using (table_name)"
        ~ " where known.reader = '" ~ model.name ~ "' and known.definition = '" ~ local_md5(model.raw_code) ~ "'"
    ) -%}
    {{ return(found.rows[0][0] == tables_read() | length) }}
{% endmacro %}

{# Incremental strategy `restate`: rows that differ are deleted and written again, in the model's transaction. #}
{% macro get_incremental_restate_sql(arg_dict) %}
    {%- set target, new = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | list -%}
    {%- set compared = columns | reject('equalto', '"created_at"') | join(', ') -%}
    {%- set key = arg_dict['unique_key'] | join(', ') -%}
    {%- set by_days = var('min_date', none) and model.schema == 'features' -%}
    {%- set touched = run_query("select attname from pg_attribute where attrelid = to_regclass('pg_temp.touched') and attnum > 0") -%}
    {%- set is_partial = run_query("select to_regclass('pg_temp.touched') is not null").rows[0][0] -%}
    {%- if not is_partial and not by_days %}
    {{ drop_indexes(target) }}
    truncate {{ target }};
    insert into {{ target }} ({{ columns | join(', ') }}) select {{ columns | join(', ') }} from {{ new }};
    {%- for index in config.get('indexes', []) %}
    {{ get_create_index_sql(target, index) }};
    {%- endfor %}
    {%- else %}
    drop table if exists pg_temp.stored;
    create temporary table stored as
    select * from {{ target }}
    where {{ days_rebuilt('event_timestamp') if by_days else in_touched(touched.columns[0].values() | list) }};
    drop table if exists pg_temp.differing;
    create temporary table differing as
    select distinct {{ key }}
    from (
        (select {{ compared }} from stored except all select {{ compared }} from {{ new }})
        union all
        (select {{ compared }} from {{ new }} except all select {{ compared }} from stored)
    ) as differences;
    analyze differing;
    delete from {{ target }} where ({{ key }}) in (select {{ key }} from differing);
    insert into {{ target }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ new }} where ({{ key }}) in (select {{ key }} from differing);
    {{ log_changes(target.identifier, ['stored', new], columns, key) if not by_days }}
    -- of days that its statistics do not know, the planner thinks that they are empty
    do $$ begin
        if (select count(*) from differing) > (select 100 + 0.02 * reltuples from pg_class where oid = '{{ target }}'::regclass) then
            analyze {{ target }};
        end if;
    end $$;
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

{# Whether a stored row belongs to a touched key. #}
{% macro in_touched(columns) -%}
    {%- set keys = columns | reject('equalto', 'since_date') | join(', ') -%}
    {%- if not columns -%}
    true
    {%- elif 'since_date' in columns -%}
    exists (
        select from touched
        where touched.{{ keys }} = {{ this.identifier }}.{{ keys }} and event_timestamp >= {{ utc_midnight('touched.since_date') }}
    )
    {%- else -%}
    ({{ keys }}) in (select {{ keys }} from touched)
    {%- endif -%}
{%- endmacro %}

{# Forget what everybody has read, and keep what differs for those who read this table. #}
{% macro log_changes(table, relations, columns, key) %}
    {%- set readers = "select read_until from changes.readers where table_name = '" ~ table ~ "'" %}
    delete from changes.{{ table }} where changed_at <= (select min(read_until) from ({{ readers }}) as readers);
    {%- for relation in relations %}
    insert into changes.{{ table }} ({{ columns | join(', ') }}, changed_at)
    select {{ columns | join(', ') }}, now() from {{ relation }}
    where ({{ key }}) in (select {{ key }} from differing) and exists ({{ readers }});
    {%- endfor %}
{% endmacro %}

{#
    The last step of a restated model: note how far was read. One that was built whole starts its log anew and sends away its
    readers, so that they build themselves whole too. Days that were asked for by name do not count as read.
#}
{% macro remember() -%}
    {%- set is_asked_by_day = var('min_date', none) and model.schema == 'features' -%}
    {%- if execute and model.config.materialized == 'incremental' and not is_asked_by_day -%}
    {%- if not run_query("select to_regclass('pg_temp.touched') is not null").rows[0][0] %}
    analyze {{ this }};
    drop table if exists changes.{{ this.identifier }};
    create table changes.{{ this.identifier }} (like {{ this }}, changed_at timestamptz not null);
    delete from changes.readers where table_name = '{{ this.identifier }}';
    {%- endif %}
    delete from changes.readers where reader = '{{ model.name }}';
    insert into changes.readers (table_name, reader, definition, read_until)
    select table_name, '{{ model.name }}', '{{ local_md5(model.raw_code) }}', read_until from pg_temp.reading;
    {%- endif -%}
{%- endmacro %}
