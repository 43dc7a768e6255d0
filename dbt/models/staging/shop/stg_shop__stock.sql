select
    product_id,
    source,
    units_on_hand,
    loaded_at
from {{ source('raw_shop', 'stock') }}
