select
    address_id,
    user_id,
    city,
    region,
    country_code::text as country_code,
    latitude,
    longitude,
    address_hash,
    is_default,
    source,
    loaded_at
from {{ source('raw_shop', 'addresses') }}
