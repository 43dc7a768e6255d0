select
    customisation_id,
    product_id,
    name,
    kind,
    is_required,
    max_length,
    choices,
    position::integer as position,
    source,
    price_minor,
    loaded_at
from {{ source('raw_shop', 'customisations') }}
