select
    refund_id,
    order_id,
    order_item_id,
    currency::text as currency,
    reason,
    requested_by,
    source,
    amount_minor,
    refunded_at,
    loaded_at
from {{ source('raw_shop', 'refunds') }}
