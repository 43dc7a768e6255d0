{{ config(unique_key=['customer_id'], indexes=[{'columns': ['customer_id'], 'unique': true}]) }}
{% set touched %}
    select user_id as customer_id from {{ changed('users') }}
    union
    select user_id from {{ changed('addresses') }}
    union
    select customer_id from {{ changed('orders') }}
{% endset %}
{% set partial = restate(touched) %}

with

users as (
    select * from {{ ref('stg_shop__users') }}
    {% if partial %}where user_id in (select customer_id from touched){% endif %}
),

addresses as (
    select * from {{ ref('stg_shop__addresses') }}
    {% if partial %}where user_id in (select customer_id from touched){% endif %}
),

orders as (
    select distinct customer_id from {{ ref('stg_shop__orders') }}
    {% if partial %}where customer_id in (select customer_id from touched){% endif %}
),

default_addresses as (
    select distinct on (user_id) *
    from addresses
    order by user_id asc, is_default desc, address_id asc
),

-- A seller who buys is a customer too: no order may lose its buyer.
customers as (
    select
        users.user_id as customer_id,
        default_addresses.city,
        default_addresses.region,
        default_addresses.country_code,
        default_addresses.latitude,
        default_addresses.longitude,
        users.wants_personalisation,
        users.signed_up_at
    from users
    left join orders on orders.customer_id = users.user_id
    left join default_addresses on default_addresses.user_id = users.user_id
    where users.role = 'customer' or orders.customer_id is not null
)

select * from customers
