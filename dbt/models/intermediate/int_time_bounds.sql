{{ config(materialized='table') }}

with

orders as (
    select max(ordered_at) as last_at from {{ ref('stg_shop__orders') }}
),

events as (
    select max(occurred_at) as last_at from {{ ref('fct_events') }}
),

attempts as (
    select max(attempted_at) as last_at from {{ ref('stg_shop__payment_attempts') }}
),

labels as (
    select max(labelled_at) as last_at from {{ ref('stg_shop__fraud_labels') }}
),

chargebacks as (
    select max(received_at) as last_at from {{ ref('stg_shop__chargebacks') }}
),

reviews as (
    select max(reviewed_at) as last_at from {{ ref('stg_shop__reviews') }}
),

refunds as (
    select max(refunded_at) as last_at from {{ ref('stg_shop__refunds') }}
),

bounds as (
    select
        least(
            greatest(
                orders.last_at, events.last_at, attempts.last_at, labels.last_at, chargebacks.last_at, reviews.last_at,
                refunds.last_at, '-infinity'
            ),
            now()
        ) as data_until
    from orders, events, attempts, labels, chargebacks, reviews, refunds
)

select
    data_until,
    -- the midnight after the last happening, unless that day is still running
    least(
        {{ utc_midnight(utc_date('data_until') ~ ' + 1') }},
        {{ utc_midnight(utc_date('now()')) }}
    ) as last_midnight_at
from bounds
