-- Amounts of a seller are added up: that needs one currency.
select seller_id, count(distinct currency) as currency_count
from {{ ref('fct_order_items') }}
group by 1
having count(distinct currency) > 1
