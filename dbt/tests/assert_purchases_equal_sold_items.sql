-- Recommenders see every item sold to somebody, and no other purchase.
select *
from (select count(*) as row_count from {{ ref('fct_interactions') }} where interaction_type = 'purchase') as purchases
cross join (select count(*) as row_count from {{ ref('fct_order_items') }} where is_sale) as sold
where purchases.row_count <> sold.row_count
