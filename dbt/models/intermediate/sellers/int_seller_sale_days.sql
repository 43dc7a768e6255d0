with

order_items as (
    select * from {{ ref('fct_order_items') }}
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

sales as (
    select
        order_items.*,
        {{ local_date('order_items.ordered_at', 'sellers.time_zone') }} as sale_date
    from order_items
    inner join sellers on sellers.seller_id = order_items.seller_id
    where order_items.is_sale
),

first_sales as (
    select
        seller_id,
        customer_id,
        min(sale_date) as sale_date
    from sales
    group by 1, 2
),

seller_sale_days as (
    select
        sales.seller_id,
        sales.sale_date,
        count(distinct sales.order_id) as order_count,
        sum(sales.quantity) as units_sold,
        sum((sales.unit_price_minor + sales.customisation_minor) * sales.quantity) as gross_minor,
        sum(sales.total_minor) as revenue_minor,
        sum(sales.commission_minor) as commission_minor,
        count(distinct sales.customer_id) as customer_count,
        count(distinct first_sales.customer_id) as new_customer_count
    from sales
    left join first_sales
        on first_sales.seller_id = sales.seller_id
            and first_sales.customer_id = sales.customer_id
            and first_sales.sale_date = sales.sale_date
    group by 1, 2
)

select * from seller_sale_days
