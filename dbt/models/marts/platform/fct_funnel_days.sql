{{ config(unique_key=['visit_date'], indexes=[{'columns': ['visit_date'], 'unique': true}]) }}
{% set touched %}
    select {{ utc_date('started_at') }} as visit_date from {{ changed('fct_sessions') }}
{% endset %}
{% set partial = restate(touched) %}

with

sessions as (
    select sessions.*, {{ utc_date('sessions.started_at') }} as visit_date
    from {{ rows_of_days(partial, 'fct_sessions', 'started_at', utc_stretches('visit_date')) }} as sessions
),

-- A visit that came to a later step is counted at the earlier ones: a cart may have been filled in another visit.
steps as (
    select
        visit_date,
        has_purchase as has_ordered,
        has_purchase or has_checkout as has_checked_out,
        has_purchase or has_checkout or cart_add_count > 0 as has_carted,
        has_purchase or has_checkout or cart_add_count > 0 or product_view_count > 0 as has_viewed
    from sessions
)

select
    visit_date,
    count(*)::integer as session_count,
    count(*) filter (where has_viewed)::integer as view_session_count,
    count(*) filter (where has_carted)::integer as cart_session_count,
    count(*) filter (where has_checked_out)::integer as checkout_session_count,
    count(*) filter (where has_ordered)::integer as order_session_count
from steps
group by 1
