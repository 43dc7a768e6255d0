{{ config(unique_key=['seller_id', 'sale_date'], indexes=[{'columns': ['seller_id', 'sale_date'], 'unique': true}]) }}
{% set touched %}
    -- whether a customer is new on a day depends on all of that customer's purchases from the seller
    select items.seller_id, {{ local_date('items.ordered_at', 'sellers.time_zone') }} as sale_date
    from (
        select seller_id, ordered_at from {{ changed('fct_order_items') }}
        union
        select known.seller_id, known.ordered_at
        from (select distinct seller_id, customer_id from {{ changed('fct_order_items') }}) as buyers
        inner join {{ ref('fct_order_items') }} as known using (seller_id, customer_id)
    ) as items
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = items.seller_id
    union
    {{ days_on_another_clock('fct_order_items', 'ordered_at') }}
{% endset %}
{% set partial = restate(touched) %}

with

-- The touched days of a buyer lie all over the history: each is looked up by its seller and instant.
sales as (
    select items.*, {{ local_date('items.ordered_at', 'sellers.time_zone') }} as sale_date
    {% if partial -%}
    from touched
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = touched.seller_id
    cross join lateral (
        select * from {{ ref('fct_order_items') }} as items
        where items.seller_id = touched.seller_id and items.is_sale
            and items.ordered_at >= {{ utc_midnight('touched.sale_date - 1') }}
            and items.ordered_at < {{ utc_midnight('touched.sale_date + 2') }}
            and {{ local_date('items.ordered_at', 'sellers.time_zone') }} = touched.sale_date
        offset 0
    ) as items
    {%- else -%}
    from {{ ref('fct_order_items') }} as items
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = items.seller_id
    where items.is_sale
    {%- endif %}
)

select
    sales.seller_id,
    sales.sale_date,
    count(distinct sales.order_id) as order_count,
    sum(sales.quantity) as units_sold,
    sum((sales.unit_price_minor + sales.customisation_minor) * sales.quantity) as gross_minor,
    sum(sales.discount_minor) as discount_minor,
    sum(sales.shipping_minor) as shipping_minor,
    sum(sales.tax_minor) as tax_minor,
    sum(sales.total_minor) as revenue_minor,
    sum(sales.commission_minor) as commission_minor,
    count(distinct sales.customer_id) as customer_count,
    count(distinct sales.customer_id) filter (where sales.ordered_at = first_sales.ordered_at) as new_customer_count
from sales
-- of few buyers each is looked up: joined to all of them, each line would be compared with each
inner join {{ 'lateral' if partial }} (
    select seller_id, customer_id, min(ordered_at) as ordered_at
    from {{ ref('fct_order_items') }}
    where is_sale {% if partial %}and seller_id = sales.seller_id and customer_id = sales.customer_id{% endif %}
    group by 1, 2
    {{ 'offset 0' if partial }}
) as first_sales using (seller_id, customer_id)
group by 1, 2
