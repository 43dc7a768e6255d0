with

events as (
    select * from {{ ref('fct_events') }}
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
    group by 1, 2
)

select * from seller_visit_days
