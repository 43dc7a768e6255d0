select
    seller_id,
    user_id,
    shop_name,
    status,
    city,
    region,
    country_code::text as country_code,
    latitude,
    longitude,
    time_zone,
    commission_bps,
    source,
    joined_at,
    updated_at,
    loaded_at
from {{ source('raw_shop', 'sellers') }}
