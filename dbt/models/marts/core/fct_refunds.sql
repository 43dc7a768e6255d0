{{ config(
    unique_key=['refund_id', 'seller_id'],
    indexes=[{'columns': ['refund_id']}, {'columns': ['order_id']}, {'columns': ['seller_id', 'refunded_at']}],
) }}
{% set touched %}
    select refund_id from {{ changed('int_refunds_split_by_seller') }}
{% endset %}
{% set partial = restate(touched) %}

with

refunds as (
    select * from {{ ref('int_refunds_split_by_seller') }}
    {% if partial %}where refund_id in (select refund_id from touched){% endif %}
)

select
    refund_id,
    order_id,
    order_item_id,
    seller_id,
    amount_minor,
    currency,
    refunded_at
from refunds
