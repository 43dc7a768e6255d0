{{ config(
    unique_key=['seller_id', 'known_date'],
    indexes=[{'columns': ['seller_id', 'known_date'], 'unique': true}, {'columns': ['(known_date - 1)']}],
) }}
{% set touched %}
    select seller_id from {{ changed('int_seller_orders_joined_to_outcomes') }}
    union
    select seller_id from {{ changed('fct_reviews') }}
{% endset %}
{% set partial = restate(touched) %}

with

orders as (
    select * from {{ ref('int_seller_orders_joined_to_outcomes') }}
    {% if partial %}where seller_id in (select seller_id from touched){% endif %}
),

reviews as (
    select seller_id, rating, {{ utc_date('reviewed_at') }} as reviewed_date from {{ ref('fct_reviews') }}
    {% if partial %}where seller_id in (select seller_id from touched){% endif %}
),

order_outcomes as (
    select
        orders.seller_id,
        orders.sold_date,
        outcome.name,
        greatest(outcome.outcome_date, orders.sold_date) as outcome_date
    from orders
    cross join lateral (
        values ('sold', sold_date), ('late', late_date), ('cancelled', cancelled_date), ('refunded', refunded_date)
    ) as outcome (name, outcome_date)
    where outcome.outcome_date is not null
),

-- Rates are shares of the orders sold in the window: an outcome counts from the midnight after it became known, and leaves
-- together with its order.
changes as (
    select seller_id, name, outcome_date + 1 as known_date, 1 as change
    from order_outcomes
    where outcome_date < sold_date + 60
    union all
    select seller_id, name, sold_date + 61, -1
    from order_outcomes
    where outcome_date < sold_date + 60
    union all
    select seller_id, 'review', reviewed_date + step.days_later, step.change
    from reviews
    cross join (values (1, 1), (91, -1)) as step (days_later, change)
    union all
    select seller_id, 'stars', reviewed_date + step.days_later, step.change * rating
    from reviews
    cross join (values (1, 1), (91, -1)) as step (days_later, change)
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
group by 1, 2
