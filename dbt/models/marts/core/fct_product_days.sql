{#- Days first: what a day writes lies together. -#}
{{ config(
    unique_key=['sale_date', 'product_id'],
    indexes=[{'columns': ['sale_date', 'product_id'], 'unique': true}, {'columns': ['seller_id', 'sale_date']}],
) }}
{% set touched %}
    -- a listing that moves to another seller moves to another clock; events know the seller of their listing
    select happened.product_id, {{ local_date('happened.happened_at', 'sellers.time_zone') }} as sale_date
    from (
        select product_id, seller_id, occurred_at as happened_at from {{ changed('fct_events') }} where event_type in ('product_view', 'cart_add')
        union all
        select products.product_id, products.seller_id, items.ordered_at
        from (select product_id, ordered_at from {{ changed('fct_order_items') }}) as items
        inner join {{ ref('dim_products') }} as products on products.product_id = items.product_id
    ) as happened
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = happened.seller_id
    union
    {{ product_days_on_another_clock() }}
{% endset %}
{% set partial = restate(touched) %}

with

order_items as (
    select * from {{ rows_of_days(partial, 'fct_order_items', 'ordered_at', local_stretches('sale_date')) }} as order_items
),

events as (
    select * from {{ rows_of_days(partial, 'fct_events', 'occurred_at', local_stretches('sale_date')) }} as events
),

happenings as (
    select product_id, ordered_at as happened_at, quantity as units_sold, total_minor as revenue_minor, 0 as views, 0 as cart_adds
    from order_items
    where is_sale
    union all
    select
        product_id, occurred_at, 0, 0, (event_type = 'product_view')::integer, (event_type = 'cart_add')::integer
    from events
    where event_type in ('product_view', 'cart_add')
),

-- each listing's clock is looked up once, not for all that happened to it
products as {{ 'materialized' if partial }} (
    select products.product_id, products.seller_id, products.currency, sellers.time_zone
    from {{ ref('dim_products') }} as products
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = products.seller_id
    {% if partial %}where products.product_id in (select product_id from touched){% endif %}
),

product_days as (
    select
        products.product_id,
        products.seller_id,
        {{ local_date('happenings.happened_at', 'products.time_zone') }} as sale_date,
        sum(happenings.units_sold)::integer as units_sold,
        sum(happenings.revenue_minor)::bigint as revenue_minor,
        sum(happenings.views)::integer as view_count,
        sum(happenings.cart_adds)::integer as cart_add_count,
        products.currency
    from happenings
    inner join products on products.product_id = happenings.product_id
    {% if partial -%}
    where (products.product_id, {{ local_date('happenings.happened_at', 'products.time_zone') }}) in (select * from touched)
    {%- endif %}
    group by products.product_id, products.seller_id, sale_date, products.currency
)

select * from product_days
