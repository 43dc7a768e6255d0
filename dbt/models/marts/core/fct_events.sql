{{ config(
    unique_key=['event_id'],
    indexes=[{'columns': ['event_id'], 'unique': true}, {'columns': ['session_id']}, {'columns': ['occurred_at']}, {'columns': ['product_id']}],
) }}
{% set touched %}
    select event_id from {{ changed('events') }}
    union
    select event_id from {{ this }}
    where product_id in ({{ changed_in('dim_products', 'product_id', ['seller_id', 'category_id']) }})
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ ref('stg_shop__events') }}
    {% if partial %}where event_id in (select event_id from touched){% endif %}
),

products as (
    select * from {{ ref('dim_products') }}
),

placed_events as (
    select
        events.event_id,
        events.event_type,
        events.session_id,
        events.customer_id,
        events.device_id,
        events.product_id,
        products.seller_id,
        products.category_id,
        events.quantity,
        events.occurred_at
    from events
    left join products on products.product_id = events.product_id
)

select * from placed_events
