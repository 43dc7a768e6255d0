-- A seller's orders, customers, months and cohorts add up to the lines that were sold: the minor units, and the units or orders.
with

sold as (
    select seller_id, sum(total_minor) as revenue_minor, sum(quantity) as units_sold, count(distinct order_id) as order_count
    from {{ ref('fct_order_items') }}
    where is_sale
    group by 1
),

orders as (
    select seller_id, sum(revenue_minor) as revenue_minor, sum(units_sold) as units_sold
    from {{ ref('fct_seller_orders') }}
    where is_sale
    group by 1
),

customers as (
    select seller_id, sum(revenue_minor) as revenue_minor, sum(units_sold) as units_sold
    from {{ ref('fct_seller_customers') }}
    group by 1
),

-- a month with reviews alone has no lines
months as (
    select seller_id, sum(revenue_minor) as revenue_minor, sum(order_count) as order_count
    from {{ ref('fct_seller_months') }}
    group by 1
    having sum(order_count) > 0
),

cohorts as (
    select seller_id, sum(revenue_minor) as revenue_minor, sum(order_count) as order_count
    from {{ ref('fct_seller_cohorts') }}
    group by 1
)

select
    seller_id,
    sold.revenue_minor,
    orders.revenue_minor as orders_revenue_minor,
    customers.revenue_minor as customers_revenue_minor,
    months.revenue_minor as months_revenue_minor,
    cohorts.revenue_minor as cohorts_revenue_minor
from sold
full outer join orders using (seller_id)
full outer join customers using (seller_id)
full outer join months using (seller_id)
full outer join cohorts using (seller_id)
where (sold.revenue_minor, sold.units_sold) is distinct from (orders.revenue_minor, orders.units_sold)
    or (sold.revenue_minor, sold.units_sold) is distinct from (customers.revenue_minor, customers.units_sold)
    or (sold.revenue_minor, sold.order_count) is distinct from (months.revenue_minor, months.order_count)
    or (sold.revenue_minor, sold.order_count) is distinct from (cohorts.revenue_minor, cohorts.order_count)
