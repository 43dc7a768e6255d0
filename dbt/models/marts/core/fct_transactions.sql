{{ config(unique_key=['transaction_id'], indexes=[{'columns': ['transaction_id'], 'unique': true}]) }}
{% set touched %}
    select transaction_id from {{ changed('transactions') }}
{% endset %}
{% set partial = restate(touched) %}

with

transactions as (
    select * from {{ ref('stg_shop__transactions') }}
    {% if partial %}where transaction_id in (select transaction_id from touched){% endif %}
)

select
    transaction_id,
    order_id,
    kind,
    method,
    installments,
    amount_minor,
    currency,
    occurred_at
from transactions
