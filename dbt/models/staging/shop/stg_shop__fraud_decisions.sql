select
    fraud_decision_id,
    payment_attempt_id,
    order_id,
    decision,
    probability,
    score::integer as score,
    reasons,
    model_name,
    model_version,
    rules_version,
    is_fallback,
    latency_ms,
    source,
    decided_at,
    loaded_at
from {{ source('raw_shop', 'fraud_decisions') }}
