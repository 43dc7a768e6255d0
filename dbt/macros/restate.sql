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
    {%- set found = run_query(reading_sql(may_restate(), instant)).rows[0] -%}
    {%- if found['how'] != 'touched' -%}
        {{ return('nothing' if found['how'] == 'nothing' else false) }}
    {%- elif touched is none -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return('touched' if touch(without_quiet(touched, found['quiet'])) else 'nothing') }}
{% endmacro %}

{# How many keys are touched, after they have been put into the table `touched`. #}
{% macro touch(touched) %}
    {%- call statement('touched') -%}
    {#- a few keys are looked up sooner than other processes are started to help -#}
    set max_parallel_workers_per_gather = 0;
    create temporary table touched as {{ touched }};
    {%- endcall -%}
    {%- set count = load_result('touched').response.rows_affected -%}
    {%- if count == 0 -%}
        {%- do run_query("select set_config('restate.how', 'untouched', false)") -%}
    {%- elif count > 1000 -%}
        {%- do run_query("analyze pg_temp.touched") -%}
    {%- endif -%}
    {{ return(count) }}
{% endmacro %}

{# The query of touched keys with logs that have no news told to be empty, which spares the planner what hangs on them. #}
{% macro without_quiet(touched, quiet) %}
    {%- set query = namespace(sql=touched) -%}
    {%- for table in (quiet or '').split(',') | select -%}
        {%- set query.sql = query.sql | replace('from changes.' ~ table ~ ' where true', 'from changes.' ~ table ~ ' where false') -%}
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
    next time, which changes nothing. Of the time bounds it is an instant of theirs. Both are kept as settings of the session:
    a model is compiled and built on the same connection, and shares nothing else.
#}
{% macro reading_sql(may_restate, instant='last_midnight_at') -%}
    {#- a touched key is looked up where a scan would read the whole table: with the usual guess of a disk's cost it never is -#}
    set random_page_cost = 1.1;
    with reading as (
        select table_name, coalesce(changed_at, '-infinity') as read_until
        from changes.logs
        where table_name in ('{{ tables_read() | join("', '") }}')
        {%- if 'int_time_bounds' in tables_read() %}
        union all
        select 'int_time_bounds', {{ instant }} from {{ ref('int_time_bounds') }}
        {%- endif %}
    ),
    news as (
        select
            count(known.read_until) = {{ tables_read() | length }} as is_readable,
            bool_or(known.read_until <> reading.read_until) as is_any,
            string_agg(reading.table_name, ',') filter (where known.read_until = reading.read_until) as quiet,
            jsonb_agg(reading) as reading
        from reading
        left join changes.readers as known
            on known.table_name = reading.table_name
                and known.reader = '{{ model.name }}'
                and known.definition = '{{ definition() }}'
    )
    select
        quiet,
        set_config('restate.reading', coalesce(reading::text, '[]'), false) as reading,
        set_config(
            'restate.how',
            case when not ({{ may_restate }} and is_readable) then 'whole' when is_any then 'touched' else 'nothing' end,
            false
        ) as how
    from news
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
    insert into changes.readers (table_name, reader, definition, read_until)
    select table_name, '{{ model.name }}', '{{ definition() }}', read_until from {{ reading() }};
    {%- endif -%}
{%- endmacro %}

{# What `reading_sql` found, as rows. #}
{% macro reading() -%}
    jsonb_to_recordset(current_setting('restate.reading')::jsonb) as reading (table_name text, read_until timestamptz)
{%- endmacro %}
