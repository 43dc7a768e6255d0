{{ config(unique_key=['seller_id', 'sale_date'], indexes=[{'columns': ['seller_id', 'sale_date'], 'unique': true}]) }}
{% set touched %}
    select events.seller_id, {{ local_date('events.occurred_at', 'sellers.time_zone') }} as sale_date
    from (select * from {{ changed('fct_events') }}) as events
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = events.seller_id
    where events.event_type in ('product_view', 'cart_add')
    union
    select visits.seller_id, {{ local_date('visits.first_viewed_at', 'sellers.time_zone') }}
    from (select * from {{ changed('fct_seller_visits') }}) as visits
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = visits.seller_id
    union
    {{ days_on_another_clock('fct_events', 'occurred_at') }}
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ rows_of_days(partial, 'fct_events', 'occurred_at', local_stretches('sale_date')) }} as events
),

-- each seller's clock is looked up once, not for every look
sellers as {{ 'materialized' if partial }} (
    select seller_id, time_zone from {{ ref('dim_sellers') }}
    {% if partial %}where seller_id in (select seller_id from touched){% endif %}
),

-- Each visit counts once, on the day of its first look.
visits as (
    select
        visits.seller_id,
        {{ local_date('visits.first_viewed_at', 'sellers.time_zone') }} as sale_date,
        count(*) as visit_count
    from {{ ref('fct_seller_visits') }} as visits
    inner join sellers on sellers.seller_id = visits.seller_id
    {% if partial -%}
    inner join touched
        on touched.seller_id = visits.seller_id
            and touched.sale_date = {{ local_date('visits.first_viewed_at', 'sellers.time_zone') }}
            and visits.first_viewed_at >= {{ utc_midnight('touched.sale_date - 1') }}
            and visits.first_viewed_at < {{ utc_midnight('touched.sale_date + 2') }}
    {%- endif %}
    group by 1, 2
),

view_days as (
    select
        events.seller_id,
        {{ local_date('events.occurred_at', 'sellers.time_zone') }} as sale_date,
        count(*) filter (where events.event_type = 'product_view') as product_view_count,
        count(*) filter (where events.event_type = 'cart_add') as cart_add_count
    from events
    inner join sellers on sellers.seller_id = events.seller_id
    where events.event_type in ('product_view', 'cart_add')
        {% if partial %}and (events.seller_id, {{ local_date('events.occurred_at', 'sellers.time_zone') }}) in (select * from touched){% endif %}
    group by 1, 2
),

seller_visit_days as (
    select
        view_days.seller_id,
        view_days.sale_date,
        coalesce(visits.visit_count, 0) as visit_count,
        view_days.product_view_count,
        view_days.cart_add_count
    from view_days
    left join visits on visits.seller_id = view_days.seller_id and visits.sale_date = view_days.sale_date
)

select * from seller_visit_days
