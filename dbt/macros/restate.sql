{#
    How every table that grows is kept equal to a full build, whatever arrives and in whatever order.

    Each table that may change has a log, `changes.<table>`: the rows that a run took away or changed, as they were, and the
    rows that it wrote. A model says by which keys a change of what it reads touches it:

        {% set touched %}
            select session_id from {{ changed('sessions') }} union select session_id from {{ changed('fct_events') }}
        {% endset %}
        {% set partial = restate(touched) %}

    `partial` says whether only those keys are built; then they lie in the temporary table `touched`, and the model selects
    the rows of these keys and no others. A column `since_date` beside a key means: from that midnight on. The materialization
    (restating.sql) compares the new rows with the stored ones, writes those that differ, and logs them for whatever reads
    this table. Where no log has news and no midnight was reached, nothing is done at all.

    Built whole: a table that does not exist yet, whose code has changed, or that reads a table which was itself built whole.
    Reading, writing and the note of how far was read are one transaction, so that a run that dies has done nothing.
#}

{#
    How this run builds the model: `false` whole, `touched` for the keys of `touched`, `nothing` when there is nothing to do.
    Without `touched` the table is compared whole. instant: the column of the time bounds on which the model depends.
#}
{% macro restate(touched=none, instant='last_midnight_at') %}
    {%- if not execute or flags.WHICH not in ('run', 'build') or model.config.materialized != 'incremental' -%}
        {{ return(false) }}
    {%- endif -%}
    {%- if is_resting() -%}
        {{ return('nothing') }}
    {%- endif -%}
    {%- set found = read_logs(may_restate(), instant) -%}
    {%- if found['how'] == 'touched' and touched is not none -%}
        {{ return('touched' if touch(without_quiet(touched, found['quiet'])) else 'nothing') }}
    {%- endif -%}
    {%- if found['how'] == 'nothing' -%}
        {{ return('nothing') }}
    {%- endif -%}
    {%- do price_pages() -%}
    {{ return(false) }}
{% endmacro %}

{#
    A whole build reads tables that are larger than the buffers, where each visit by an index reads a page anew. By its usual guess
    the planner would believe that four gigabytes of them stay at hand, and walk an index to spare itself a sort.
#}
{% macro price_pages() -%}
    {%- do run_query("select set_config('effective_cache_size', current_setting('shared_buffers'), false)") -%}
{%- endmacro %}

{# How many keys are touched, after they have been put into the table `touched`. #}
{% macro touch(touched) %}
    {%- call statement('touched') -%}
    {#-
        A few keys are looked up sooner than other processes are started to help, and where a scan would read the whole table: with
        the usual guess of a disk's cost they never are. A whole build reads whole tables.
    -#}
    set max_parallel_workers_per_gather = 0;
    set random_page_cost = 1.1;
    create temporary table touched as {{ touched }};
    {%- endcall -%}
    {%- set count = load_result('touched').response.rows_affected -%}
    {%- if count == 0 -%}
        {%- do found().update({'how': 'nothing'}) -%}
    {%- else -%}
        {%- do found().update({'touched_columns': run_query('select * from touched limit 0').column_names}) -%}
        {%- if count > 1000 -%}
            {%- do run_query("analyze pg_temp.touched") -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(count) }}
{% endmacro %}

{# The query of touched keys with logs that have no news told to be empty, which spares the planner what hangs on them. #}
{% macro without_quiet(touched, quiet) %}
    {%- set query = namespace(sql=touched) -%}
    {%- for table in quiet -%}
        {%- set log = 'from changes.' ~ table -%}
        {%- set query.sql = query.sql | replace(log ~ ' where true', log ~ ' where false') -%}
    {%- endfor -%}
    {{ return(query.sql) }}
{% endmacro %}

{# Whether the model may be built in part at all, whatever it reads. #}
{% macro may_restate() %}
    {{ return(is_incremental() and not (var('min_date', none) and model.schema == 'features')) }}
{% endmacro %}

{# Rows of a table, raw or of a model, as they were before and after every change that this model has not read yet. #}
{% macro changed(table) -%}
    (
        select * from changes.{{ table }} where true and changed_at > (
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

{# The tables that this model reads, by the name of their log: raw ones behind their staging views, models and snapshots. #}
{% macro tables_read() %}
    {%- set names = [] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set parts = id.split('.') -%}
        {%- if parts[0] in ('model', 'snapshot') -%}
            {%- do names.append(parts[2].split('__')[-1]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{# The code of a model or snapshot and what it reads, as a hash: what was built by other code is built whole. #}
{% macro definition() %}
    {{ return(local_md5(model.raw_code ~ (model.config.get('check_cols') or '') ~ tables_read() | join(' '))) }}
{% endmacro %}

{#
    How far the logs go before anything is read, and what follows from it: how to build. What is logged meanwhile is read again
    next time, which changes nothing. Of the time bounds it is an instant of theirs.

    A model is compiled before it is built, and the two share nothing but `graph`: there the findings are kept. A model that found
    none is built whole.
#}
{% macro read_logs(may_restate, instant='last_midnight_at') %}
    {%- set rows = run_query(logs_sql(instant)).rows -%}
    {%- set quiet, known = [], [] -%}
    {%- for row in rows if row['known'] -%}
        {%- do known.append(row['table_name']) -%}
        {%- do quiet.append(row['table_name']) if row['known'] == row['logged'] -%}
    {%- endfor -%}
    {%- set is_readable = may_restate and known | length == tables_read() | length -%}
    {%- set how = 'whole' if not is_readable else ('nothing' if quiet | length == known | length else 'touched') -%}
    {%- set found = {'how': how, 'reading': rows, 'quiet': quiet, 'is_read': rows and rows[0]['is_read']} -%}
    {%- do graph.setdefault('found', {}).update({model.unique_id: found}) -%}
    {{ return(found) }}
{% endmacro %}

{# What `read_logs` found when this model was compiled. #}
{% macro found() %}
    {{ return(graph.get('found', {}).get(model.unique_id, {})) }}
{% endmacro %}

{% macro logs_sql(instant) -%}
    select
        logs.table_name,
        coalesce(logs.changed_at, '-infinity')::text as logged,
        known.read_until::text as known,
        exists (select from changes.readers where table_name = '{{ model.name }}') as is_read
    from (
        select table_name, changed_at from changes.logs where table_name in ('{{ tables_read() | join("', '") }}')
        {%- if 'int_time_bounds' in tables_read() %}
        union all
        select 'int_time_bounds', {{ instant }} from {{ ref('int_time_bounds') }}
        {%- endif %}
    ) as logs
    left join changes.readers as known
        on known.table_name = logs.table_name
            and known.reader = '{{ model.name }}'
            and known.definition = '{{ definition() }}'
{%- endmacro %}

{#
    The last step of a restated model or snapshot that was built whole: it starts its log anew and sends away its readers, so
    that they build themselves whole too. Days that were asked for by name do not count as read.
#}
{% macro remember() -%}
    {%- set is_asked_by_day = var('min_date', none) and model.schema == 'features' -%}
    {%- if execute and model.config.materialized in ('incremental', 'snapshot') and not is_asked_by_day -%}
    {%- if model.config.materialized == 'snapshot' %}
    insert into changes.logs (table_name, changed_at) values ('{{ model.name }}', now())
    on conflict (table_name) do update set changed_at = excluded.changed_at;
    {%- else %}
    analyze {{ this }};
    drop table if exists changes.{{ this.identifier }};
    create table changes.{{ this.identifier }} (like {{ this }}, changed_at timestamptz not null);
    delete from changes.readers where table_name = '{{ this.identifier }}';
    insert into changes.logs (table_name) values ('{{ this.identifier }}')
    on conflict (table_name) do update set changed_at = null;
    {%- endif %}
    delete from changes.readers where reader = '{{ model.name }}';
    {%- for row in found()['reading'] or [] %}
    insert into changes.readers (table_name, reader, definition, read_until)
    values ('{{ row['table_name'] }}', '{{ model.name }}', '{{ definition() }}', '{{ row['logged'] }}');
    {%- endfor %}
    {%- endif -%}
{%- endmacro %}
