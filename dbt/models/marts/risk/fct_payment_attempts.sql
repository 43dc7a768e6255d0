{{ config(
    unique_key=['payment_attempt_id'],
    indexes=[{'columns': ['payment_attempt_id'], 'unique': true}, {'columns': ['attempted_at']}],
) }}
{% set touched %}
    select payment_attempt_id from {{ changed('payment_attempts') }}
    union
    select payment_attempt_id from {{ ref('stg_shop__payment_attempts') }}
    where customer_id in ({{ changed_in('users', 'user_id', ['signed_up_at']) }})
    union
    select attempts.payment_attempt_id
    from ({{ changed_in('addresses', 'address_id', ['country_code', 'latitude', 'longitude', 'address_hash']) }}) as moved
    cross join lateral (
        select payment_attempt_id from {{ ref('stg_shop__payment_attempts') }} where shipping_address_id = moved.address_id
        union all
        select payment_attempt_id from {{ ref('stg_shop__payment_attempts') }} where billing_address_id = moved.address_id
    ) as attempts
{% endset %}
{% set partial = restate(touched) %}

with

attempts as (
    select * from {{ ref('stg_shop__payment_attempts') }}
    {% if partial %}where payment_attempt_id in (select payment_attempt_id from touched){% endif %}
),

addresses as (
    select * from {{ ref('stg_shop__addresses') }}
),

users as (
    select * from {{ ref('stg_shop__users') }}
),

located_attempts as (
    select
        attempts.payment_attempt_id,
        attempts.order_id,
        attempts.customer_id,
        attempts.device_id,
        attempts.seller_id,
        attempts.card_token,
        attempts.method,
        attempts.amount_minor,
        attempts.currency,
        attempts.item_count,
        attempts.ip_country_code,
        attempts.ip_latitude,
        attempts.ip_longitude,
        shipping.country_code as shipping_country_code,
        shipping.latitude as shipping_latitude,
        shipping.longitude as shipping_longitude,
        billing.country_code as billing_country_code,
        billing.latitude as billing_latitude,
        billing.longitude as billing_longitude,
        coalesce(attempts.shipping_address_hash, shipping.address_hash) as shipping_address_hash,
        users.signed_up_at,
        attempts.outcome,
        attempts.attempted_at
    from attempts
    left join users on users.user_id = attempts.customer_id
    left join addresses as shipping on shipping.address_id = attempts.shipping_address_id
    left join addresses as billing on billing.address_id = attempts.billing_address_id
)

select * from located_attempts
