select
    user_id,
    product_id,
    source,
    added_at,
    removed_at,
    loaded_at
from {{ source('raw_shop', 'wishlist_items') }}
