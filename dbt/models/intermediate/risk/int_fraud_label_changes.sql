{{ config(
    unique_key=['payment_attempt_id', 'known_date'],
    indexes=[{'columns': ['payment_attempt_id']}, {'columns': ['customer_id']}, {'columns': ['device_id']}, {'columns': ['(known_date - 1)']}],
) }}
{% set touched %}
    select payment_attempt_id from {{ changed('int_fraud_labels_unioned_with_chargebacks') }}
    union
    {{ changed_in('int_attempts_joined_to_first_decisions', 'payment_attempt_id', ['customer_id', 'device_id']) }}
{% endset %}
{% set partial = restate(touched) %}

with

labels as (
    select * from {{ ref('int_fraud_labels_unioned_with_chargebacks') }}
    {% if partial %}where payment_attempt_id in (select payment_attempt_id from touched){% endif %}
),

attempts as (
    select * from {{ ref('int_attempts_joined_to_first_decisions') }}
    {% if partial %}where payment_attempt_id in (select payment_attempt_id from touched){% endif %}
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
