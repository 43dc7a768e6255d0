select
    review_id,
    order_id,
    product_id,
    seller_id,
    customer_id,
    rating::integer as rating,
    title,
    body,
    language,
    is_hidden,
    source,
    reviewed_at,
    answered_at,
    loaded_at
from {{ source('raw_shop', 'reviews') }}
