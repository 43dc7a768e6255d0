select
    order_customisation_id,
    order_item_id,
    customisation_id,
    name,
    source,
    price_minor,
    loaded_at
from {{ source('raw_shop', 'order_customisations') }}
