with

category_days as (
    select * from {{ ref('int_customer_category_days') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

happenings as (
    select customer_id, activity_date, view_count, cart_count, 0 as session_count
    from category_days
    union all
    select customer_id, {{ utc_date('started_at') }}, 0, 0, 1
    from sessions
    where customer_id is not null
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
