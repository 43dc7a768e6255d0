with

labels as (
    select * from {{ ref('int_fraud_labels_unioned_with_chargebacks') }}
),

attempts as (
    select * from {{ ref('int_attempts_joined_to_first_decisions') }}
),

-- The latest label stands: +1 when an attempt comes to be known as fraud, -1 when a later label takes that back.
label_changes as (
    select
        payment_attempt_id,
        labelled_at,
        is_fraud::integer - lag(is_fraud::integer, 1, 0) over (
            partition by payment_attempt_id order by labelled_at, fraud_label_id
        ) as change
    from labels
),

known_changes as (
    select
        attempts.payment_attempt_id,
        attempts.customer_id,
        attempts.device_id,
        {{ utc_date('label_changes.labelled_at') }} + 1 as known_date,
        label_changes.change
    from label_changes
    inner join attempts on attempts.payment_attempt_id = label_changes.payment_attempt_id
    where label_changes.change <> 0
)

select * from known_changes
