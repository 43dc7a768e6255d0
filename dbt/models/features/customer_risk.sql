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
    select * from {{ looking_back(partial, 'int_attempts_joined_to_first_decisions', 'customer_id', 'activity_date', 90) }} as attempts
),

devices as (
    {{ presence_changes('attempts', 'customer_id', 'device_id', 90, partial) }}
),

cards as (
    {{ presence_changes('attempts', 'customer_id', 'card_token', 90, partial) }}
),

changes as (
    select
        customer_id,
        activity_date + days_later as known_date,
        change as attempts,
        change * is_declined_at_once::integer as declines,
        0 as devices,
        0 as cards,
        0 as labels,
        false as is_earlier
    from {{ stepping(
        partial, 'int_attempts_joined_to_first_decisions', 'customer_id', 'activity_date', '(1, 1), (31, -1)', 'change', 90
    ) }} as attempts
    union all
    select customer_id, known_date, 0, 0, change, 0, 0, false from devices
    union all
    select customer_id, known_date, 0, 0, 0, change, 0, false from cards
    union all
    select customer_id, known_date, 0, 0, 0, 0, change, false
    from {{ since(partial, 'int_fraud_label_changes', 'customer_id', 'known_date') }} as labels
    {% if partial -%}
    union all
    select customer_id, known_date, attempt_count_30d, declined_count_30d, device_count_90d, card_count_90d,
        fraud_label_count_total, true
    from {{ rows_before('customer_id') }} as earlier
    {%- endif %}
),

feature_rows as (
    select
        customer_id,
        (sum(sum(attempts)) over history)::integer as attempt_count_30d,
        (sum(sum(declines)) over history)::integer as declined_count_30d,
        (sum(sum(devices)) over history)::integer as device_count_90d,
        (sum(sum(cards)) over history)::integer as card_count_90d,
        (sum(sum(labels)) over history)::integer as fraud_label_count_total,
        bool_or(is_earlier) as is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from changes
    group by customer_id, known_date
    window history as (partition by customer_id order by known_date)
)

{{ known_rows('feature_rows', partial) }}
