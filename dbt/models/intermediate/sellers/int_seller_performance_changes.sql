{{ config(
    unique_key=['seller_id', 'known_date'],
    indexes=[{'columns': ['seller_id', 'known_date'], 'unique': true}, {'columns': ['(known_date - 1)']}],
) }}
{% set touched %}
    select seller_id, known_date from ({{ order_steps(changed('int_seller_orders_joined_to_outcomes')) }}) as order_steps
    union
    select seller_id, known_date from ({{ review_steps(changed('fct_reviews')) }}) as review_steps
{% endset %}
{% set partial = restate(touched) %}

with

orders as (
    {% if partial -%}
    select distinct orders.*
    from touched
    cross join lateral (
        select * from {{ ref('int_seller_orders_joined_to_outcomes') }}
        where seller_id = touched.seller_id and sold_date between touched.known_date - 61 and touched.known_date - 1
            and touched.known_date - 1 in (sold_date, sold_date + 60, late_date, cancelled_date, refunded_date)
        offset 0
    ) as orders
    {%- else -%}
    select * from {{ ref('int_seller_orders_joined_to_outcomes') }}
    {%- endif %}
),

reviews as (
    {% if partial -%}
    select distinct reviews.*
    from touched
    cross join (values (1), (91)) as step (days_later)
    cross join lateral (
        select review_id, seller_id, rating, reviewed_at from {{ ref('fct_reviews') }}
        where seller_id = touched.seller_id
            and reviewed_at >= {{ utc_midnight('touched.known_date - step.days_later') }}
            and reviewed_at < {{ utc_midnight('touched.known_date - step.days_later + 1') }}
        offset 0
    ) as reviews
    {%- else -%}
    select review_id, seller_id, rating, reviewed_at from {{ ref('fct_reviews') }}
    {%- endif %}
),

changes as (
    {{ order_steps('orders') }}
    union all
    {{ review_steps('reviews') }}
)

select
    seller_id,
    known_date,
    coalesce(sum(change) filter (where name = 'sold'), 0) as orders,
    coalesce(sum(change) filter (where name = 'late'), 0) as late_orders,
    coalesce(sum(change) filter (where name = 'cancelled'), 0) as cancelled_orders,
    coalesce(sum(change) filter (where name = 'refunded'), 0) as refunded_orders,
    coalesce(sum(change) filter (where name = 'review'), 0) as reviews,
    coalesce(sum(change) filter (where name = 'stars'), 0) as stars
from changes
{% if partial %}inner join touched using (seller_id, known_date){% endif %}
group by 1, 2
order by known_date  -- what later days read again is mostly recent, and lies together
