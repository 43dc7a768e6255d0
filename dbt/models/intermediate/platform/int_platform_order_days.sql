{{ config(
    unique_key=['order_id', 'sale_date', 'currency'],
    indexes=[
        {'columns': ['order_id', 'sale_date', 'currency'], 'unique': true}, {'columns': ['sale_date']}, {'columns': ['customer_id']},
    ],
) }}
{% set touched %}
    -- an order's lines are found by its instant, which has an index in the table of lines
    select order_id, ordered_at from {{ changed('fct_order_items') }}
    union
    select order_id, ordered_at from {{ ref('fct_order_items') }}
    where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['time_zone']) }})
{% endset %}
{% set partial = restate(touched) %}

with

order_items as (
    select items.*
    from {{ ref('fct_order_items') }} as items
    {% if partial %}inner join touched using (order_id, ordered_at){% endif %}
    where items.is_sale
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

-- A line counts on its seller's own day, as on the seller's pages; an order whose sellers' clocks differ may have two days.
order_days as (
    select
        order_items.order_id,
        order_items.customer_id,
        {{ local_date('order_items.ordered_at', 'sellers.time_zone') }} as sale_date,
        sum(order_items.quantity)::integer as units_sold,
        sum((order_items.unit_price_minor + order_items.customisation_minor) * order_items.quantity)::bigint as gross_minor,
        sum(order_items.total_minor)::bigint as revenue_minor,
        sum(order_items.commission_minor)::bigint as commission_minor,
        order_items.currency,
        order_items.ordered_at
    from order_items
    inner join sellers on sellers.seller_id = order_items.seller_id
    group by 1, 2, 3, order_items.currency, order_items.ordered_at
)

select
    *,
    row_number() over (partition by order_id order by sale_date, currency) = 1 as is_first_day
from order_days
