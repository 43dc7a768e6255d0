select
    impression_id,
    request_id,
    session_id,
    customer_id,
    product_id,
    shelf,
    position::integer as position,
    candidate_source,
    model_name,
    model_version,
    propensity,
    is_fallback,
    source,
    shown_at,
    loaded_at
from {{ source('raw_shop', 'impressions') }}
