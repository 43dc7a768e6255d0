"""A past of the fraud desk for a simulated shop: decisions, cases and findings, made up but the same each time."""

from typing import Any

import psycopg

# A number from 0 to 1 that belongs to an id, and another one.
_U = "(('x' || substr(md5({0}), 1, 8))::bit(32)::bigint / 4294967295.0)"
_V = "(('x' || substr(md5({0}), 9, 8))::bit(32)::bigint / 4294967295.0)"
_ID = "payment_attempt_id"

# Who defrauded: whoever was charged back or found, and the machines that many customers pay on.
_TRUTH = """
    create temporary table review_truth as
    select a.payment_attempt_id from shop.payment_attempts as a
    where exists (select from shop.fraud_labels as l where l.payment_attempt_id = a.payment_attempt_id and l.outcome = 'fraud')
        or exists (select from shop.chargebacks as b where b.payment_attempt_id = a.payment_attempt_id)
        or (select count(distinct o.customer_id) from shop.payment_attempts as o where o.device_id = a.device_id) >= 3
"""
_DECISIONS = f"""
    insert into shop.fraud_decisions (fraud_decision_id, payment_attempt_id, order_id, decision, probability, score, reasons,
        features, model_name, model_version, rules_version, is_fallback, latency_ms, decided_at)
    with known as (
        select a.*, payment_attempt_id in (select payment_attempt_id from review_truth) as is_fraud, {_U.format("a." + _ID)} as u
        from shop.payment_attempts as a where a.outcome <> 'pending'
    ), judged as (
        select *, case when is_fraud then 0.12 + 0.86 * u else 0.55 * u ^ 9 end as probability from known
    ), scored as (
        select *, least(99, case when probability < 0.2 then probability / 0.2 * 65 when probability < 0.4
            then 65 + (probability - 0.2) / 0.2 * 10 else 75 + (probability - 0.4) / 0.6 * 24 end)::int as score from judged
    )
    select 'dec-' || {_ID}, {_ID}, order_id,
        case when score < 65 then 'approve' when score < 75 then 'review' else 'block_and_review' end,
        probability, score, jsonb_build_array(
            jsonb_build_object('feature', 'new_account_dear_order', 'sentence',
                'dear order on an account opened two hours before', 'kind', 'rule'),
            jsonb_build_object('feature', 'device_customers_24h', 'sentence', '3 other customers used this device within a day',
                'value', 3, 'contribution', round((2.4 * u)::numeric, 2), 'kind', 'model'),
            jsonb_build_object('feature', 'ip_shipping_km', 'sentence', 'paid from 2,840 km away from where the parcel goes',
                'value', 2840, 'contribution', round((1.3 * u)::numeric, 2), 'kind', 'model'),
            jsonb_build_object('feature', 'amount_ratio_to_mean', 'sentence', '2.7 times the usual order of this customer',
                'value', 2.7, 'contribution', 0.61, 'kind', 'model'),
            jsonb_build_object('feature', 'order_count_total', 'sentence', '4 earlier orders without trouble', 'value', 4,
                'contribution', -0.84, 'kind', 'model')),
        '{{"customer_attempts_1h": 1, "customer_attempts_24h": 2, "customer_amount_minor_24h": 420000, "device_attempts_1h": 3,
           "device_attempts_24h": 5, "device_customers_24h": 3, "device_cards_24h": 4, "card_attempts_1h": 1,
           "card_attempts_24h": 1, "card_customers_24h": 1, "address_customers_24h": 2, "customer_attempts_90d": 6,
           "device_customers_90d": 4, "address_customers_90d": 2}}'::jsonb,
        'fraud', '3', 'rules-1', false, 6.2, attempted_at
    from scored
"""
# The newest tenth waits; of the rest an analyst closes nine of ten within some hours, and is mostly right.
_CASES = f"""
    insert into shop.fraud_cases (fraud_case_id, payment_attempt_id, order_id, status, priority, opened_at, claimed_by,
        claimed_at, closed_at)
    with alerts as (
        select d.*, a.amount_minor, {_V.format("d." + _ID)} as v, percent_rank() over (order by d.decided_at) < 0.9 as is_past
        from shop.fraud_decisions as d join shop.payment_attempts as a using ({_ID}) where d.score >= 65
    ), handled as (
        select *, is_past and v < 0.95 as is_closed, decided_at + (0.2 + 30 * v ^ 2) * interval '1 h' as done_at from alerts
    )
    select 'case-' || {_ID}, {_ID}, order_id, case when is_closed then 'closed' else 'open' end,
        least(32767, round(probability * amount_minor / 100))::int, decided_at, case when is_closed then %(analyst)s end,
        case when is_closed then done_at - interval '5 min' end, case when is_closed then done_at end
    from handled
"""
_LABELS = f"""
    insert into shop.fraud_labels (fraud_label_id, payment_attempt_id, order_id, outcome, label_source, reason, labelled_by,
        labelled_at)
    select 'review-' || {_ID}, {_ID}, c.order_id, case when {_ID} in (select {_ID} from review_truth)
        and {_U.format("c.fraud_case_id")} < 0.92 then 'fraud' else 'legitimate' end, 'analyst', 'looked at by hand',
        %(analyst)s, c.closed_at
    from shop.fraud_cases as c
    where c.status = 'closed'
"""
# What analysts found in time was never charged.
_DECLINED = f"""
    with declined as (
        update shop.orders set status = 'declined' where order_id in (
            select l.order_id from shop.fraud_labels as l where l.fraud_label_id like 'review-%' and l.outcome = 'fraud'
            and {_V.format("l.order_id")} < 0.7)
        returning order_id
    )
    update shop.payment_attempts set outcome = 'declined' where order_id in (select order_id from declined)
"""


def write_review_history(connection: psycopg.Connection[Any]) -> None:
    """Give every attempt of the shop a decision, and the risky ones their case and mostly their outcome."""
    found = connection.execute("select user_id from shop.users where email = 'analyst@demo.example'").fetchone()
    assert found is not None
    analyst = found["user_id"] if isinstance(found, dict) else found[0]
    for query in (_TRUTH, _DECISIONS, _CASES, _LABELS, _DECLINED):
        connection.execute(query, {"analyst": analyst} if "%(analyst)s" in query else None)  # type: ignore[call-overload]
