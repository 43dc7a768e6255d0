select
    tag_suggestion_id,
    product_id,
    seller_id,
    attribute,
    suggested_value,
    probability,
    evidence,
    model_version,
    status,
    final_value,
    source,
    suggested_at,
    answered_at,
    loaded_at
from {{ source('raw_shop', 'tag_suggestions') }}
