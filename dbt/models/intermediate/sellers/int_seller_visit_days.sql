{{ config(unique_key=['seller_id', 'sale_date'], indexes=[{'columns': ['seller_id', 'sale_date'], 'unique': true}]) }}
{% set touched %}
    select events.seller_id, {{ local_date('events.occurred_at', 'sellers.time_zone') }} as sale_date
    from (select * from {{ changed('fct_events') }}) as events
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = events.seller_id
    where events.event_type in ('product_view', 'cart_add')
    union
    {{ days_on_another_clock('fct_events', 'occurred_at') }}
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ rows_of_days(partial, 'fct_events', 'occurred_at', utc_dates_of('sale_date')) }} as events
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

seller_visit_days as (
    select
        events.seller_id,
        {{ local_date('events.occurred_at', 'sellers.time_zone') }} as sale_date,
        count(distinct events.session_id) filter (where events.event_type = 'product_view') as visit_count,
        count(*) filter (where events.event_type = 'product_view') as product_view_count,
        count(*) filter (where events.event_type = 'cart_add') as cart_add_count
    from events
    inner join sellers on sellers.seller_id = events.seller_id
    where events.event_type in ('product_view', 'cart_add')
        {% if partial -%}
        and (events.seller_id, {{ local_date('events.occurred_at', 'sellers.time_zone') }}) in (select * from touched)
        {%- endif %}
    group by 1, 2
)

select * from seller_visit_days
