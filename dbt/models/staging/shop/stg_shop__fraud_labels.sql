select
    fraud_label_id,
    payment_attempt_id,
    order_id,
    outcome,
    label_source,
    reason,
    labelled_by,
    source,
    labelled_at,
    loaded_at
from {{ source('raw_shop', 'fraud_labels') }}
