-- What sellers see by day adds up to what was sold, to the minor unit and the unit.
with

sold as (
    select seller_id, sum(total_minor) as revenue_minor, sum(quantity) as units_sold
    from {{ ref('fct_order_items') }}
    where is_sale
    group by 1
),

days as (
    select seller_id, sum(revenue_minor) as revenue_minor, sum(units_sold) as units_sold
    from {{ ref('fct_seller_days') }}
    group by 1
)

select seller_id, sold.revenue_minor, days.revenue_minor as days_revenue_minor
from sold
full outer join days using (seller_id)
where coalesce(sold.revenue_minor, 0) <> coalesce(days.revenue_minor, 0)
    or coalesce(sold.units_sold, 0) <> coalesce(days.units_sold, 0)
