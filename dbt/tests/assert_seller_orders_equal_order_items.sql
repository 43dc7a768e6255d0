-- A seller's orders and customers add up to the lines that were sold, to the minor unit and the unit.
with

sold as (
    select seller_id, sum(total_minor) as revenue_minor, sum(quantity) as units_sold
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
)

select seller_id, sold.revenue_minor, orders.revenue_minor as orders_revenue_minor, customers.revenue_minor as customers_revenue_minor
from sold
full outer join orders using (seller_id)
full outer join customers using (seller_id)
where (sold.revenue_minor, sold.units_sold) is distinct from (orders.revenue_minor, orders.units_sold)
    or (sold.revenue_minor, sold.units_sold) is distinct from (customers.revenue_minor, customers.units_sold)
