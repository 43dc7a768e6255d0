{{ config(unique_key=['seller_id', 'event_timestamp'], indexes=[{'columns': ['seller_id', 'event_timestamp'], 'unique': true}]) }}
{% set partial = restate(touched_since('seller_id', {'int_seller_performance_changes': 'known_date - 1'}, [])) %}

with

change_days as (
    select changes.* from {{ ref('int_seller_performance_changes') }} as changes
    {{ bearing_on(partial, 'changes', 'seller_id') }}
),

counted_days as (
    select
        seller_id,
        known_date,
        sum(orders) over history as orders,
        sum(late_orders) over history as late_orders,
        sum(cancelled_orders) over history as cancelled_orders,
        sum(refunded_orders) over history as refunded_orders,
        sum(reviews) over history as reviews,
        sum(stars) over history as stars
    from change_days
    window history as (partition by seller_id order by known_date)
),

feature_rows as (
    select
        seller_id,
        orders::integer as order_count_60d,
        (late_orders / nullif(orders, 0))::float8 as late_rate_60d,
        (cancelled_orders / nullif(orders, 0))::float8 as cancel_rate_60d,
        (refunded_orders / nullif(orders, 0))::float8 as refund_rate_60d,
        (stars / nullif(reviews, 0))::float8 as rating_mean_90d,
        {{ utc_midnight('known_date') }} as event_timestamp
    from counted_days
)

{{ known_rows('feature_rows', partial, 'seller_id') }}
