{{ config(
    unique_key=['fraud_label_id'],
    indexes=[{'columns': ['fraud_label_id'], 'unique': true}, {'columns': ['payment_attempt_id']}],
) }}
{% set touched %}
    select fraud_label_id from {{ changed('fraud_labels') }}
    union
    select 'chargeback-' || chargeback_id from {{ changed('chargebacks') }}
    union
    select 'chargeback-' || chargeback_id from {{ ref('stg_shop__chargebacks') }}
    where order_id in (select order_id from {{ changed('payment_attempts') }})
{% endset %}
{% set partial = restate(touched) %}

with

labels as (
    select * from {{ ref('stg_shop__fraud_labels') }}
    {% if partial %}where fraud_label_id in (select fraud_label_id from touched){% endif %}
),

chargebacks as (
    select * from {{ ref('stg_shop__chargebacks') }}
    {% if partial %}where 'chargeback-' || chargeback_id in (select fraud_label_id from touched){% endif %}
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
    where order_id in (select order_id from chargebacks)
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
