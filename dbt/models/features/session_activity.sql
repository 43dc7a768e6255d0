{{ config(
    unique_key=['session_id', 'event_timestamp'],
    indexes=[{'columns': ['session_id', 'event_timestamp'], 'unique': true}],
) }}
{% set touched %}
    select session_id from {{ changed('fct_events') }}
    union
    select session_id from {{ ref('fct_events') }}
    where occurred_at > {{ utc_midnight(midnight_read()) }} and occurred_at <= {{ utc_midnight(last_midnight()) }}
    union
    select session_id from {{ this }}
    where {{ last_midnight() }} < {{ midnight_read() }} and event_timestamp > {{ utc_midnight(last_midnight()) }}
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ ref('fct_events') }}
    where event_type in ('product_view', 'cart_add') and product_id is not null
    {%- if partial %}
        and session_id in (select session_id from touched)
    {%- elif var('min_date', none) %}
        and session_id in (select session_id from {{ ref('fct_events') }} where {{ days_rebuilt('occurred_at') }})
    {%- endif %}
),

-- One row per visit, and where a visit runs over midnight one per UTC day, so that a day can be rebuilt alone.
session_days as (
    select
        session_id,
        {{ utc_date('occurred_at') }} as activity_date,
        max(occurred_at) as event_timestamp
    from events
    group by 1, 2
),

products as (
    select
        session_days.session_id,
        session_days.event_timestamp,
        events.product_id,
        count(*) filter (where events.event_type = 'product_view') as views,
        count(*) filter (where events.event_type = 'cart_add') as carts,
        max(events.occurred_at) as last_at
    from session_days
    inner join events
        on events.session_id = session_days.session_id and events.occurred_at <= session_days.event_timestamp
    group by 1, 2, 3
),

feature_rows as (
    select
        session_id,
        sum(views)::integer as view_count,
        sum(carts)::integer as cart_count,
        (array_agg(product_id order by last_at desc, product_id asc))[1:20] as recent_product_ids,
        (array_agg(product_id order by last_at desc, product_id asc))[1] as last_product_id,
        event_timestamp
    from products
    group by session_id, event_timestamp
)

{{ known_rows('feature_rows') }}
