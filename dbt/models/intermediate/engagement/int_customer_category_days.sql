{{ config(indexes=[{'columns': ['customer_id', 'activity_date']}]) }}

with

events as (
    select * from {{ ref('fct_events') }}
),

customer_category_days as (
    select
        customer_id,
        category_id,
        {{ utc_date('occurred_at') }} as activity_date,
        count(*) filter (where event_type = 'product_view') as view_count,
        count(*) filter (where event_type = 'cart_add') as cart_count
    from events
    where customer_id is not null
        and event_type in ('product_view', 'cart_add')
    group by 1, 2, 3
)

select * from customer_category_days
