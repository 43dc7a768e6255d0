{{ config(unique_key=['device_id', 'event_timestamp'], indexes=[{'columns': ['device_id', 'event_timestamp'], 'unique': true}]) }}
{% set partial = restate(touched_since('device_id', {
        'int_attempts_joined_to_first_decisions': 'activity_date',
        'int_fraud_label_changes': 'known_date - 1',
    }, [7, 30])) %}

with

attempts as (
    select attempts.* from {{ ref('int_attempts_joined_to_first_decisions') }} as attempts
    {{ bearing_on(partial, 'attempts', 'device_id', 'activity_date', 30) }}
),

labels as (
    select labels.* from {{ ref('int_fraud_label_changes') }} as labels
    {{ bearing_on(partial, 'labels', 'device_id') }}
),

customers as (
    {{ presence_changes('attempts', 'device_id', 'customer_id', 30) }}
),

cards as (
    {{ presence_changes('attempts', 'device_id', 'card_token', 30) }}
),

changes as (
    select
        device_id,
        activity_date + step.days_later as known_date,
        step.change as attempts,
        step.change * is_declined_at_once::integer as declines,
        0 as customers,
        0 as cards,
        0 as labels
    from attempts
    cross join (values (1, 1), (8, -1)) as step (days_later, change)
    union all
    select device_id, known_date, 0, 0, change, 0, 0 from customers
    union all
    select device_id, known_date, 0, 0, 0, change, 0 from cards
    union all
    select device_id, known_date, 0, 0, 0, 0, change from labels
),

change_days as (
    select device_id, known_date, sum(attempts) as attempts, sum(declines) as declines, sum(customers) as customers,
        sum(cards) as cards, sum(labels) as labels
    from changes
    where device_id is not null
    group by 1, 2
),

feature_rows as (
    select
        device_id,
        (sum(customers) over history)::integer as customer_count_30d,
        (sum(attempts) over history)::integer as attempt_count_7d,
        (sum(declines) over history)::integer as declined_count_7d,
        (sum(cards) over history)::integer as card_count_30d,
        (sum(labels) over history)::integer as device_fraud_label_count_total,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by device_id order by known_date)
)

{{ known_rows('feature_rows', partial, 'device_id') }}
