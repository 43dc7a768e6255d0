-- Every raw order is in the mart, with its money, and nothing else is.
select
    order_id,
    raw_orders.total_minor as raw_minor,
    orders.total_minor as mart_minor
from {{ source('raw_shop', 'orders') }} as raw_orders
full outer join {{ ref('fct_orders') }} as orders using (order_id)
where raw_orders.total_minor is distinct from orders.total_minor
