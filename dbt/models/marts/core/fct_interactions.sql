{{ config(unique_key=['interaction_id'], indexes=[{'columns': ['interaction_id']}]) }}
{% set touched %}
    select event_id as interaction_id from {{ changed('fct_events') }} where event_type in ('product_view', 'cart_add')
    union
    select order_item_id from {{ changed('fct_order_items') }}
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ ref('fct_events') }}
    {% if partial %}where event_id in (select interaction_id from touched){% endif %}
),

order_items as (
    select * from {{ ref('fct_order_items') }}
    {% if partial %}where order_item_id in (select interaction_id from touched){% endif %}
),

interactions as (
    select
        event_id as interaction_id,
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
        order_item_id,
        customer_id,
        product_id,
        'purchase' as interaction_type,
        ordered_at as interacted_at
    from order_items
    where is_sale
)

select * from interactions
