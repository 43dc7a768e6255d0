{{ config(
    unique_key=['customer_id', 'event_timestamp'],
    indexes=[{'columns': ['customer_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('customer_id', {
        'int_attempts_joined_to_first_decisions': 'activity_date',
        'int_fraud_label_changes': 'known_date - 1',
    }, [30, 90])) %}

with

attempts as (
    select attempts.* from {{ ref('int_attempts_joined_to_first_decisions') }} as attempts
    {{ bearing_on(partial, 'attempts', 'customer_id', 'activity_date', 90) }}
),

labels as (
    select labels.* from {{ ref('int_fraud_label_changes') }} as labels
    {{ bearing_on(partial, 'labels', 'customer_id') }}
),

devices as (
    {{ presence_changes('attempts', 'customer_id', 'device_id', 90) }}
),

cards as (
    {{ presence_changes('attempts', 'customer_id', 'card_token', 90) }}
),

changes as (
    select
        customer_id,
        activity_date + step.days_later as known_date,
        step.change as attempts,
        step.change * is_declined_at_once::integer as declines,
        0 as devices,
        0 as cards,
        0 as labels
    from attempts
    cross join (values (1, 1), (31, -1)) as step (days_later, change)
    union all
    select customer_id, known_date, 0, 0, change, 0, 0 from devices
    union all
    select customer_id, known_date, 0, 0, 0, change, 0 from cards
    union all
    select customer_id, known_date, 0, 0, 0, 0, change from labels
),

change_days as (
    select customer_id, known_date, sum(attempts) as attempts, sum(declines) as declines, sum(devices) as devices,
        sum(cards) as cards, sum(labels) as labels
    from changes
    group by 1, 2
),

feature_rows as (
    select
        customer_id,
        (sum(attempts) over history)::integer as attempt_count_30d,
        (sum(declines) over history)::integer as declined_count_30d,
        (sum(devices) over history)::integer as device_count_90d,
        (sum(cards) over history)::integer as card_count_90d,
        (sum(labels) over history)::integer as fraud_label_count_total,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by customer_id order by known_date)
)

{{ known_rows('feature_rows', partial, 'customer_id') }}
