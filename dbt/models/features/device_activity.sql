{{ config(unique_key=['device_id', 'event_timestamp'], indexes=[{'columns': ['device_id', 'event_timestamp'], 'unique': true}]) }}
{% set partial = restate(touched_since('device_id', {
        'int_attempts_joined_to_first_decisions': 'activity_date',
        'int_fraud_label_changes': 'known_date - 1',
    }, [7, 30])) %}

with

attempts as (
    select * from {{ looking_back(
        partial, 'int_attempts_joined_to_first_decisions', 'device_id', 'activity_date', 30
    ) }} as attempts
),

customers as (
    {{ presence_changes('attempts', 'device_id', 'customer_id', 30, partial) }}
),

cards as (
    {{ presence_changes('attempts', 'device_id', 'card_token', 30, partial) }}
),

changes as (
    select
        device_id,
        activity_date + days_later as known_date,
        change as attempts,
        change * is_declined_at_once::integer as declines,
        0 as customers,
        0 as cards,
        0 as labels,
        false as is_earlier
    from {{ stepping(
        partial, 'int_attempts_joined_to_first_decisions', 'device_id', 'activity_date', '(1, 1), (8, -1)', 'change', 30
    ) }} as attempts
    union all
    select device_id, known_date, 0, 0, change, 0, 0, false from customers
    union all
    select device_id, known_date, 0, 0, 0, change, 0, false from cards
    union all
    select device_id, known_date, 0, 0, 0, 0, change, false
    from {{ since(partial, 'int_fraud_label_changes', 'device_id', 'known_date') }} as labels
    {% if partial -%}
    union all
    select device_id, known_date, attempt_count_7d, declined_count_7d, customer_count_30d, card_count_30d,
        device_fraud_label_count_total, true
    from {{ rows_before('device_id') }} as earlier
    {%- endif %}
),

feature_rows as (
    select
        device_id,
        (sum(sum(customers)) over history)::integer as customer_count_30d,
        (sum(sum(attempts)) over history)::integer as attempt_count_7d,
        (sum(sum(declines)) over history)::integer as declined_count_7d,
        (sum(sum(cards)) over history)::integer as card_count_30d,
        (sum(sum(labels)) over history)::integer as device_fraud_label_count_total,
        bool_or(is_earlier) as is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from changes
    where device_id is not null
    group by device_id, known_date
    window history as (partition by device_id order by known_date)
)

{{ known_rows('feature_rows', partial) }}
