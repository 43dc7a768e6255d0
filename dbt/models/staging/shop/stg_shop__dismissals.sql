select
    dismissal_id,
    session_id,
    customer_id,
    product_id,
    request_id,
    shelf,
    position,
    source,
    dismissed_at,
    undone_at,
    loaded_at
from {{ source('raw_shop', 'dismissals') }}
