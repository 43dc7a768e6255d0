{{ config(unique_key=['seller_id', 'sale_date'], indexes=[{'columns': ['seller_id', 'sale_date'], 'unique': true}]) }}
{% set touched %}
    select refunds.seller_id, {{ local_date('refunds.refunded_at', 'sellers.time_zone') }} as sale_date
    from (select * from {{ changed('fct_refunds') }}) as refunds
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = refunds.seller_id
    union
    select refunds.seller_id, {{ local_date('refunds.refunded_at', 'sellers.time_zone') }}
    from {{ ref('fct_refunds') }} as refunds
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = refunds.seller_id
    where refunds.order_id in ({{ changed_in('fct_orders', 'order_id', ['is_sale']) }})
    union
    {{ days_on_another_clock('fct_refunds', 'refunded_at') }}
{% endset %}
{% set partial = restate(touched) %}

with

-- What was given back of orders that are no sales never was revenue.
refunds as (
    select refunds.*
    from {{ ref('fct_refunds') }} as refunds
    inner join {{ ref('fct_orders') }} as orders on orders.order_id = refunds.order_id
    where orders.is_sale
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

seller_refund_days as (
    select
        refunds.seller_id,
        {{ local_date('refunds.refunded_at', 'sellers.time_zone') }} as sale_date,
        sum(refunds.amount_minor) as refund_minor
    from refunds
    inner join sellers on sellers.seller_id = refunds.seller_id
    {% if partial -%}
    where (refunds.seller_id, {{ local_date('refunds.refunded_at', 'sellers.time_zone') }}) in (select * from touched)
    {%- endif %}
    group by 1, 2
)

select * from seller_refund_days
