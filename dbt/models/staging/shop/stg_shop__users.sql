select
    user_id,
    role,
    locale,
    is_active,
    is_demo_account,
    wants_personalisation,
    source,
    signed_up_at,
    loaded_at
from {{ source('raw_shop', 'users') }}
