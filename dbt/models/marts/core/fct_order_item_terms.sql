{{ config(unique_key=['order_item_id'], indexes=[{'columns': ['order_item_id'], 'unique': true}]) }}
{% set touched %}
    select order_item_id from {{ changed('fct_order_items') }}
    union
    select order_item_id from {{ ref('fct_order_items') }}
    where product_id in (select product_id from {{ changed('dim_product_versions') }})
    union
    select order_item_id from {{ ref('fct_order_items') }}
    where seller_id in (select seller_id from {{ changed('dim_seller_versions') }})
{% endset %}
{% set partial = restate(touched) %}

with

order_items as (
    select * from {{ ref('fct_order_items') }}
    {% if partial %}where order_item_id in (select order_item_id from touched){% endif %}
),

products as (
    select * from {{ ref('dim_product_versions') }}
),

sellers as (
    select * from {{ ref('dim_seller_versions') }}
),

terms as (
    select
        order_items.order_item_id,
        products.product_version_id,
        sellers.seller_version_id,
        products.category_id,
        products.price_minor as listed_price_minor,
        order_items.unit_price_minor,
        order_items.currency,
        sellers.commission_bps,
        order_items.ordered_at
    from order_items
    left join products
        on products.product_id = order_items.product_id
            and order_items.ordered_at >= products.valid_from
            and order_items.ordered_at < coalesce(products.valid_to, 'infinity')
    left join sellers
        on sellers.seller_id = order_items.seller_id
            and order_items.ordered_at >= sellers.valid_from
            and order_items.ordered_at < coalesce(sellers.valid_to, 'infinity')
)

select * from terms
