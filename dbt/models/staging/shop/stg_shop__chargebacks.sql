select
    chargeback_id,
    order_id,
    payment_attempt_id,
    currency::text as currency,
    reason,
    source,
    amount_minor,
    received_at,
    loaded_at
from {{ source('raw_shop', 'chargebacks') }}
