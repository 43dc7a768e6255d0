{{ config(unique_key=['session_id'], indexes=[{'columns': ['session_id'], 'unique': true}, {'columns': ['started_at']}]) }}
{% set touched %}
    select session_id from {{ changed('sessions') }}
    union
    select session_id from {{ changed('fct_events') }}
    union
    select session_id from {{ changed('orders') }} where session_id is not null
{% endset %}
{% set partial = restate(touched) %}

with

sessions as (
    select * from {{ ref('stg_shop__sessions') }}
    {% if partial %}where session_id in (select session_id from touched){% endif %}
),

events as (
    select * from {{ ref('fct_events') }}
    {% if partial %}where session_id in (select session_id from touched){% endif %}
),

orders as (
    select distinct session_id from {{ ref('stg_shop__orders') }}
    where {{ 'session_id in (select session_id from touched)' if partial else 'session_id is not null' }}
),

event_totals as (
    select
        session_id,
        max(customer_id) as customer_id,
        max(device_id) as device_id,
        count(*) as event_count,
        count(*) filter (where event_type = 'product_view') as product_view_count,
        count(*) filter (where event_type = 'cart_add') as cart_add_count,
        bool_or(event_type = 'checkout_start') as has_checkout,
        bool_or(event_type = 'purchase') as has_purchase,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from events
    group by 1
),

-- Events of a visit may arrive without its session, and a visit may end without an event.
visits as (
    select
        coalesce(sessions.session_id, event_totals.session_id) as session_id,
        coalesce(sessions.customer_id, event_totals.customer_id) as customer_id,
        coalesce(sessions.device_id, event_totals.device_id) as device_id,
        coalesce(event_totals.has_checkout, false) as has_checkout,
        coalesce(event_totals.has_purchase, false) or orders.session_id is not null as has_purchase,
        coalesce(event_totals.event_count, 0)::integer as event_count,
        coalesce(event_totals.product_view_count, 0)::integer as product_view_count,
        coalesce(event_totals.cart_add_count, 0)::integer as cart_add_count,
        least(sessions.started_at, event_totals.first_at) as started_at,
        greatest(sessions.last_seen_at, event_totals.last_at) as ended_at
    from sessions
    full outer join event_totals on event_totals.session_id = sessions.session_id
    left join orders on orders.session_id = coalesce(sessions.session_id, event_totals.session_id)
)

select * from visits
