with

transactions as (
    select * from {{ ref('stg_shop__transactions') }}
)

select
    transaction_id,
    order_id,
    kind,
    method,
    installments,
    amount_minor,
    currency,
    occurred_at
from transactions
