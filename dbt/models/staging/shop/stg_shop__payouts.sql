select
    payout_id,
    seller_id,
    currency::text as currency,
    status,
    source,
    gross_minor,
    commission_minor,
    refund_minor,
    net_minor,
    period_start_date,
    period_end_date,
    paid_at,
    loaded_at
from {{ source('raw_shop', 'payouts') }}
