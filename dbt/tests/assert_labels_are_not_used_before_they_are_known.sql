-- No count of known frauds at an instant exceeds the number of labels that say fraud and were known by then.
select risk.customer_id, risk.event_timestamp, risk.fraud_label_count_total, count(labels.fraud_label_id) as known_count
from {{ ref('customer_risk') }} as risk
left join {{ ref('fct_payment_attempts') }} as attempts on attempts.customer_id = risk.customer_id
left join {{ ref('fct_fraud_labels') }} as labels
    on labels.payment_attempt_id = attempts.payment_attempt_id
        and labels.is_fraud
        and labels.labelled_at < risk.event_timestamp
where risk.fraud_label_count_total > 0
group by 1, 2, 3
having risk.fraud_label_count_total > count(labels.fraud_label_id)
