{{ config(unique_key=['order_id'], indexes=[{'columns': ['order_id'], 'unique': true}, {'columns': ['customer_id', 'sold_date']}, {'columns': ['sold_date']}]) }}
{% set touched %}
    select order_id from {{ changed('orders') }}
{% endset %}
{% set partial = restate(touched) %}

with

orders as (
    select * from {{ ref('stg_shop__orders') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
),

-- An order counts from the instant its payment was approved, whatever becomes of it later: a feature of that day must not
-- change when the order is cancelled a week on.
dated_orders as (
    select
        order_id,
        customer_id,
        total_minor,
        case
            when approved_at is not null then approved_at
            when {{ is_sale('status') }} then ordered_at
        end as sold_at,
        cancelled_at
    from orders
),

sold_orders as (
    select
        *,
        {{ utc_date('sold_at') }} as sold_date
    from dated_orders
    where sold_at is not null
)

select * from sold_orders
