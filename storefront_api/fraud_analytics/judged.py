"""The relation behind every figure: one row per attempt that checkout decided in a period, with what became known of it.

`judged` is the last of the common table expressions of `JUDGED`, `last_words` that of `LAST_WORDS`.
"""

from datetime import timedelta

# Silence about a paid attempt means legitimate once it is this old, as in training (`models/fraud/config.py`; a test holds both).
LABELS_MATURE_AFTER = timedelta(days=21)

# The last word on an attempt is a label that is not `unsure`, or a chargeback; one that names only the order belongs to the
# attempt that paid it, as in the warehouse.
LAST_WORDS = """
    words as (
        select payment_attempt_id, outcome = 'fraud' as is_fraud, label_source, labelled_at as at from shop.fraud_labels
        where outcome <> 'unsure'
        union all
        select coalesce(b.payment_attempt_id, (
            select payment_attempt_id from shop.payment_attempts where order_id = b.order_id
            order by outcome = 'declined', attempted_at desc, payment_attempt_id limit 1)), true, 'chargeback', b.received_at
        from shop.chargebacks as b
    ),
    last_words as (
        select distinct on (payment_attempt_id) payment_attempt_id, is_fraud, label_source from words
        order by payment_attempt_id, at desc, is_fraud desc
    )
"""

# An attempt belongs to the period of its first decision. Its score is that of the first model that decided it: one that only
# rules could decide at checkout is scored a little later. Whole sets are joined, not row by row: a month of a busy shop has
# hundreds of thousands of attempts.
JUDGED = f"""
    decided as (
        select payment_attempt_id, decided_at, decision from shop.fraud_decisions as d
        where decided_at >= %(since)s and decided_at < %(until)s and not exists (
            select from shop.fraud_decisions as earlier where earlier.payment_attempt_id = d.payment_attempt_id
            and (earlier.decided_at, earlier.fraud_decision_id) < (d.decided_at, d.fraud_decision_id))
    ),
    scores as (
        select distinct on (payment_attempt_id) payment_attempt_id, score, probability, model_version
        from shop.fraud_decisions
        where decided_at >= %(since)s and not is_fallback
        order by payment_attempt_id, decided_at, fraud_decision_id
    ),
    {LAST_WORDS},
    reviewed as (select distinct payment_attempt_id from words where label_source = 'analyst'),
    judged as (
        select decided.payment_attempt_id, (decided.decided_at at time zone %(time_zone)s)::date as day, decided.decided_at,
            decided.decision, a.amount_minor, a.method, a.outcome as payment_outcome,
            coalesce(o.status in ('declined', 'cancelled'), false) as is_stopped,
            s.score, s.probability, s.model_version, c.fraud_case_id is not null as is_alert,
            c.fraud_case_id is not null and r.payment_attempt_id is not null as is_reviewed, w.label_source,
            coalesce(w.is_fraud,
                case when a.outcome = 'authorised' and a.attempted_at <= %(now)s - %(mature_after)s then false end) as is_fraud
        from decided
        join shop.payment_attempts as a on a.payment_attempt_id = decided.payment_attempt_id and a.currency = %(currency)s
        left join shop.orders as o on o.order_id = a.order_id
        left join shop.fraud_cases as c on c.payment_attempt_id = decided.payment_attempt_id
        left join scores as s on s.payment_attempt_id = decided.payment_attempt_id
        left join last_words as w on w.payment_attempt_id = decided.payment_attempt_id
        left join reviewed as r on r.payment_attempt_id = decided.payment_attempt_id
    )
"""
