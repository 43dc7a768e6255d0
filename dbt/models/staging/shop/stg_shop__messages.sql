select
    message_id,
    seller_id,
    customer_id,
    order_id,
    sender,
    source,
    sent_at,
    read_at,
    loaded_at
from {{ source('raw_shop', 'messages') }}
