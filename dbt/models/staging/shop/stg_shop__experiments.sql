select
    experiment_id,
    title,
    surface,
    kind,
    arms,
    source,
    started_at,
    stopped_at,
    loaded_at
from {{ source('raw_shop', 'experiments') }}
