{{ config(
    unique_key=['payment_attempt_id'],
    indexes=[{'columns': ['payment_attempt_id'], 'unique': true}, {'columns': ['customer_id', 'activity_date']}, {'columns': ['device_id', 'activity_date']}, {'columns': ['activity_date']}],
) }}
{% set touched %}
    select payment_attempt_id from {{ changed('payment_attempts') }}
    union
    select payment_attempt_id from {{ changed('fraud_decisions') }}
{% endset %}
{% set partial = restate(touched) %}

with

attempts as (
    select * from {{ ref('stg_shop__payment_attempts') }}
    {% if partial %}where payment_attempt_id in (select payment_attempt_id from touched){% endif %}
),

decisions as (
    select * from {{ ref('stg_shop__fraud_decisions') }}
    {% if partial %}where payment_attempt_id in (select payment_attempt_id from touched){% endif %}
),

first_decisions as (
    select distinct on (payment_attempt_id)
        payment_attempt_id,
        decision
    from decisions
    order by payment_attempt_id asc, decided_at asc, fraud_decision_id asc
),

-- An attempt held for review may be declined days later, by what an analyst found out: at the time it was not declined.
dated_attempts as (
    select
        attempts.payment_attempt_id,
        attempts.customer_id,
        attempts.device_id,
        attempts.card_token,
        attempts.outcome = 'declined'
        and coalesce(first_decisions.decision not in ('review', 'block_and_review'), true) as is_declined_at_once,
        attempts.attempted_at,
        {{ utc_date('attempts.attempted_at') }} as activity_date
    from attempts
    left join first_decisions on first_decisions.payment_attempt_id = attempts.payment_attempt_id
)

select * from dated_attempts
