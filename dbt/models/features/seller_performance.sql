{{ config(unique_key=['seller_id', 'event_timestamp'], indexes=[{'columns': ['seller_id', 'event_timestamp'], 'unique': true}]) }}
{% set partial = restate(touched_since('seller_id', {'int_seller_performance_changes': 'known_date - 1'}, [])) %}

with

change_days as (
    {% if partial -%}
    -- what was before the first day to build is one change
    select
        seller_id,
        greatest(known_date, since_date - 1) as known_date,
        sum(orders) as orders,
        sum(late_orders) as late_orders,
        sum(cancelled_orders) as cancelled_orders,
        sum(refunded_orders) as refunded_orders,
        sum(reviews) as reviews,
        sum(stars) as stars,
        known_date < since_date as is_earlier
    from {{ ref('int_seller_performance_changes') }}
    inner join touched using (seller_id)
    where known_date <= {{ last_midnight() }}
    group by seller_id, greatest(known_date, since_date - 1), is_earlier
    {%- else -%}
    select *, false as is_earlier from {{ ref('int_seller_performance_changes') }}
    {%- endif %}
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
        sum(stars) over history as stars,
        is_earlier
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
        is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from counted_days
)

{{ known_rows('feature_rows', partial) }}
