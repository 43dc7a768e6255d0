-- An order has one first day, however many days and currencies its sellers' lines are of.
select order_id, count(*) filter (where is_first_day) as first_day_count
from {{ ref('int_platform_order_days') }}
group by 1
having count(*) filter (where is_first_day) <> 1
