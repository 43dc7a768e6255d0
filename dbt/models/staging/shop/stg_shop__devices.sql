select
    device_id,
    family,
    operating_system,
    source,
    first_seen_at,
    loaded_at
from {{ source('raw_shop', 'devices') }}
