select
    transaction_id,
    order_id,
    payment_attempt_id,
    kind,
    method,
    currency::text as currency,
    source,
    installments::integer as installments,
    amount_minor,
    occurred_at,
    loaded_at
from {{ source('raw_shop', 'transactions') }}
