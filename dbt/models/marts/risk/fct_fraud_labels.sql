with

labels as (
    select * from {{ ref('int_fraud_labels_unioned_with_chargebacks') }}
)

select
    fraud_label_id,
    payment_attempt_id,
    order_id,
    is_fraud,
    label_source,
    labelled_at
from labels
