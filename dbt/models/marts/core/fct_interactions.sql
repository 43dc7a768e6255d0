with

events as (
    select * from {{ ref('fct_events') }}
),

order_items as (
    select * from {{ ref('fct_order_items') }}
),

interactions as (
    select
        customer_id,
        product_id,
        case event_type when 'product_view' then 'view' else 'cart' end as interaction_type,
        occurred_at as interacted_at
    from events
    where event_type in ('product_view', 'cart_add')
        and customer_id is not null
        and seller_id is not null  -- the product exists
    union all
    select
        customer_id,
        product_id,
        'purchase' as interaction_type,
        ordered_at as interacted_at
    from order_items
    where is_sale
)

select * from interactions
