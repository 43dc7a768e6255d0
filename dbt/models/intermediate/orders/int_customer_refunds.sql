{{ config(unique_key=['refund_id'], indexes=[{'columns': ['refund_id'], 'unique': true}, {'columns': ['customer_id', 'refunded_date']}, {'columns': ['refunded_date']}]) }}
{% set touched %}
    select refund_id from {{ changed('refunds') }}
    union
    select refund_id from {{ ref('stg_shop__refunds') }}
    where order_id in ({{ changed_in('orders', 'order_id', ['customer_id']) }})
{% endset %}
{% set partial = restate(touched) %}

with

refunds as (
    select * from {{ ref('stg_shop__refunds') }}
    {% if partial %}where refund_id in (select refund_id from touched){% endif %}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

customer_refunds as (
    select
        refunds.refund_id,
        orders.customer_id,
        {{ utc_date('refunds.refunded_at') }} as refunded_date
    from refunds
    inner join orders on orders.order_id = refunds.order_id
)

select * from customer_refunds
