with

labels as (
    select * from {{ ref('stg_shop__fraud_labels') }}
),

chargebacks as (
    select * from {{ ref('stg_shop__chargebacks') }}
),

attempts as (
    select * from {{ ref('stg_shop__payment_attempts') }}
),

-- A chargeback that names only the order belongs to the attempt that paid it: the last one not declined.
order_attempts as (
    select distinct on (order_id)
        order_id,
        payment_attempt_id
    from attempts
    where order_id is not null
    order by order_id asc, outcome = 'declined' asc, attempted_at desc, payment_attempt_id asc
),

all_labels as (
    select
        fraud_label_id,
        payment_attempt_id,
        order_id,
        outcome = 'fraud' as is_fraud,
        label_source,
        labelled_at
    from labels
    where outcome <> 'unsure'
    union all
    select
        'chargeback-' || chargebacks.chargeback_id,
        coalesce(chargebacks.payment_attempt_id, order_attempts.payment_attempt_id),
        chargebacks.order_id,
        true,
        'chargeback',
        chargebacks.received_at
    from chargebacks
    left join order_attempts on order_attempts.order_id = chargebacks.order_id
)

select * from all_labels where payment_attempt_id is not null
