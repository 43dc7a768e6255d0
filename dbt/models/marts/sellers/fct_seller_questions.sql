{{ config(
    unique_key=['message_id'],
    indexes=[{'columns': ['message_id'], 'unique': true}, {'columns': ['seller_id', 'asked_at']}, {'columns': ['seller_id', 'customer_id']}],
) }}
{% set touched %}
    select distinct seller_id, customer_id from {{ changed('messages') }}
{% endset %}
{% set partial = restate(touched) %}

with

messages as (
    select messages.*
    from {{ ref('stg_shop__messages') }} as messages
    {% if partial %}inner join touched using (seller_id, customer_id){% endif %}
),

-- at one instant the question stands before the answer
ordered_messages as (
    select
        *,
        lag(sender) over conversation as previous_sender,
        min(sent_at) filter (where sender = 'seller')
            over (conversation rows between current row and unbounded following) as next_reply_at
    from messages
    window conversation as (partition by seller_id, customer_id order by sent_at, sender, message_id)
)

-- Somebody who asks again while waiting waits still: one question.
select
    message_id,
    seller_id,
    customer_id,
    order_id,
    sent_at as asked_at,
    next_reply_at as answered_at
from ordered_messages
where sender = 'customer' and previous_sender is distinct from 'customer'
