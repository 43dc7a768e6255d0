select
    event_id,
    session_id,
    customer_id,
    device_id,
    product_id,
    request_id,
    event_type,
    search_query,
    shelf,
    position::integer as position,
    source,
    quantity,
    occurred_at,
    loaded_at
from {{ source('raw_shop', 'events') }}
