{{ config(
    unique_key=['customer_id', 'activity_date'],
    indexes=[{'columns': ['customer_id', 'activity_date'], 'unique': true}, {'columns': ['activity_date']}],
) }}
{% set touched %}
    select customer_id, activity_date from {{ changed('int_customer_category_days') }}
    union
    select customer_id, {{ utc_date('started_at') }} from {{ changed('fct_sessions') }} where customer_id is not null
{% endset %}
{% set partial = restate(touched) %}

with

category_days as (
    select * from {{ ref('int_customer_category_days') }}
    {% if partial %}where (customer_id, activity_date) in (select * from touched){% endif %}
),

sessions as (
    select * from {{ rows_of_days(partial, 'fct_sessions', 'started_at', utc_stretches('activity_date')) }} as sessions
),

happenings as (
    select customer_id, activity_date, view_count, cart_count, 0 as session_count
    from category_days
    union all
    select customer_id, {{ utc_date('started_at') }}, 0, 0, 1
    from sessions
    where customer_id is not null
    {% if partial %}and (customer_id, {{ utc_date('started_at') }}) in (select * from touched){% endif %}
),

engagement_days as (
    select
        customer_id,
        activity_date,
        sum(view_count)::integer as view_count,
        sum(cart_count)::integer as cart_count,
        sum(session_count)::integer as session_count
    from happenings
    group by 1, 2
)

select * from engagement_days
