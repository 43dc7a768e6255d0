{{ config(
    unique_key=['session_id', 'seller_id'],
    indexes=[{'columns': ['session_id', 'seller_id'], 'unique': true}, {'columns': ['seller_id', 'first_viewed_at']}],
) }}
{% set touched %}
    select seller_id, session_id from {{ changed('fct_events') }} where event_type in ('product_view', 'cart_add') and seller_id is not null
    union
    select order_items.seller_id, orders.session_id
    from {{ changed('order_items') }}
    inner join {{ ref('stg_shop__orders') }} as orders on orders.order_id = order_items.order_id
    where orders.session_id is not null
    union
    select items.seller_id, orders.session_id
    from {{ changed('orders') }}
    inner join {{ ref('stg_shop__order_items') }} as items on items.order_id = orders.order_id
    where orders.session_id is not null
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ ref('fct_events') }}
    where event_type in ('product_view', 'cart_add') and seller_id is not null
        {% if partial %}and session_id in (select session_id from touched){% endif %}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
    where {{ is_sale('status') }} and {{ 'session_id in (select session_id from touched)' if partial else 'session_id is not null' }}
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

looks as (
    select
        seller_id,
        session_id,
        count(*) filter (where event_type = 'product_view') as product_view_count,
        count(*) filter (where event_type = 'cart_add') as cart_add_count,
        min(occurred_at) filter (where event_type = 'product_view') as first_viewed_at,
        max(occurred_at) filter (where event_type = 'product_view') as last_viewed_at
    from events
    {% if partial %}where (seller_id, session_id) in (select seller_id, session_id from touched){% endif %}
    group by 1, 2
    having bool_or(event_type = 'product_view')
),

purchases as (
    select order_items.seller_id, orders.session_id, count(distinct orders.order_id) as order_count
    from orders
    inner join order_items on order_items.order_id = orders.order_id
    group by 1, 2
)

select
    looks.seller_id,
    looks.session_id,
    looks.product_view_count::integer as product_view_count,
    looks.cart_add_count::integer as cart_add_count,
    coalesce(purchases.order_count, 0)::integer as order_count,
    looks.first_viewed_at,
    looks.last_viewed_at
from looks
left join purchases on purchases.seller_id = looks.seller_id and purchases.session_id = looks.session_id
