with

refunds as (
    select * from {{ ref('int_refunds_split_by_seller') }}
)

select
    refund_id,
    order_id,
    order_item_id,
    seller_id,
    amount_minor,
    currency,
    refunded_at
from refunds
