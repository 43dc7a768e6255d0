with

attempts as (
    select * from {{ ref('stg_shop__payment_attempts') }}
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
