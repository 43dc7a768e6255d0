select
    experiment_id,
    unit_id,
    arm,
    source,
    exposed_at,
    loaded_at
from {{ source('raw_shop', 'experiment_exposures') }}
