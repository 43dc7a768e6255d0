select
    category_id,
    parent_category_id,
    name,
    name_bn,
    path,
    source,
    loaded_at
from {{ source('raw_shop', 'categories') }}
