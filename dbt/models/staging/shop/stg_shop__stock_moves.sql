select
    stock_move_id,
    product_id,
    order_id,
    reason,
    source,
    units_change,
    moved_at,
    loaded_at
from {{ source('raw_shop', 'stock_moves') }}
