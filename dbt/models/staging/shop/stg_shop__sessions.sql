select
    session_id,
    customer_id,
    device_id,
    ip_country_code::text as ip_country_code,
    ip_latitude,
    ip_longitude,
    source,
    started_at,
    last_seen_at,
    loaded_at
from {{ source('raw_shop', 'sessions') }}
