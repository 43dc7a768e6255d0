{#
    What orders and reviews change in their seller's rates, each on the midnight at which it becomes known or leaves the window.
    Rates are shares of the orders sold in the last 60 days: an outcome leaves together with its order.
#}

{# Steps of rows of `int_seller_orders_joined_to_outcomes`. #}
{% macro order_steps(orders) -%}
    select outcomes.seller_id, outcomes.name, step.known_date, step.change
    from (
        select seller_id, sold_date, outcome.name, greatest(outcome.outcome_date, sold_date) as outcome_date
        from {{ orders }}
        cross join lateral (
            values ('sold', sold_date), ('late', late_date), ('cancelled', cancelled_date), ('refunded', refunded_date)
        ) as outcome (name, outcome_date)
        where outcome.outcome_date is not null
    ) as outcomes
    cross join lateral (values (outcome_date + 1, 1), (sold_date + 61, -1)) as step (known_date, change)
    where outcomes.outcome_date < outcomes.sold_date + 60
{%- endmacro %}

{# Steps of rows of `fct_reviews`, of which the last 90 days count. #}
{% macro review_steps(reviews) -%}
    select seller_id, step.name, {{ utc_date('reviewed_at') }} + step.days_later as known_date, step.change
    from {{ reviews }}
    cross join lateral (
        values ('review', 1, 1), ('review', 91, -1), ('stars', 1, rating), ('stars', 91, -rating)
    ) as step (name, days_later, change)
{%- endmacro %}
