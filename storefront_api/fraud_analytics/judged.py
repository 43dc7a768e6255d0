"""The relation behind every figure: one row per attempt that checkout decided in a period, with what became known of it."""

from datetime import timedelta

# Silence about a paid attempt means legitimate once it is this old, as in training (`models/fraud/config.py`; a test holds both).
LABELS_MATURE_AFTER = timedelta(days=21)

# The last word on an attempt is a label that is not `unsure`, or a chargeback; one that names only the order belongs to the
# attempt that paid it, as in the warehouse.
_LAST_WORD = """
    select is_fraud, source, at from (
        select outcome = 'fraud' as is_fraud, label_source as source, labelled_at as at from shop.fraud_labels
        where payment_attempt_id = a.payment_attempt_id and outcome <> 'unsure'
        union all
        select true, 'chargeback', b.received_at from shop.chargebacks as b
        where b.payment_attempt_id = a.payment_attempt_id or (
            b.payment_attempt_id is null and b.order_id = a.order_id and a.payment_attempt_id = (
                select payment_attempt_id from shop.payment_attempts where order_id = a.order_id
                order by outcome = 'declined', attempted_at desc, payment_attempt_id limit 1))
    ) as words
    order by at desc, is_fraud desc limit 1
"""

# An attempt belongs to the period of its first decision. Its score is that of the first model that decided it: one that only
# rules could decide at checkout is scored a little later.
JUDGED = f"""
    select f.payment_attempt_id, f.decided_at, f.decision, a.amount_minor, a.method, a.outcome as payment_outcome, m.score,
        m.probability, m.model_version, o.status as order_status,
        c.fraud_case_id is not null as is_alert, c.status as case_status,
        exists (select from shop.fraud_labels as l where l.payment_attempt_id = a.payment_attempt_id
            and l.label_source = 'analyst' and l.outcome <> 'unsure') and c.fraud_case_id is not null as is_reviewed,
        word.source as label_source,
        coalesce(word.is_fraud,
            case when a.outcome = 'authorised' and a.attempted_at <= %(now)s - %(mature_after)s then false end) as is_fraud
    from (
        select payment_attempt_id, decided_at, decision from shop.fraud_decisions as d
        where decided_at >= %(since)s and decided_at < %(until)s and not exists (
            select from shop.fraud_decisions as earlier where earlier.payment_attempt_id = d.payment_attempt_id
            and (earlier.decided_at, earlier.fraud_decision_id) < (d.decided_at, d.fraud_decision_id))
    ) as f
    join shop.payment_attempts as a on a.payment_attempt_id = f.payment_attempt_id and a.currency = %(currency)s
    left join shop.orders as o on o.order_id = a.order_id
    left join shop.fraud_cases as c on c.payment_attempt_id = f.payment_attempt_id
    left join lateral (
        select score, probability, model_version from shop.fraud_decisions
        where payment_attempt_id = f.payment_attempt_id and not is_fallback order by decided_at, fraud_decision_id limit 1
    ) as m on true
    left join lateral ({_LAST_WORD}) as word on true
"""
