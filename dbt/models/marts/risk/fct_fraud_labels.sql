{{ config(unique_key=['fraud_label_id'], indexes=[{'columns': ['fraud_label_id'], 'unique': true}]) }}
{% set touched %}
    select fraud_label_id from {{ changed('int_fraud_labels_unioned_with_chargebacks') }}
{% endset %}
{% set partial = restate(touched) %}

with

labels as (
    select * from {{ ref('int_fraud_labels_unioned_with_chargebacks') }}
    {% if partial %}where fraud_label_id in (select fraud_label_id from touched){% endif %}
)

select
    fraud_label_id,
    payment_attempt_id,
    order_id,
    is_fraud,
    label_source,
    labelled_at
from labels
