{{ config(
    unique_key=['outcome_id'],
    indexes=[{'columns': ['outcome_id'], 'unique': true}, {'columns': ['impression_id']}],
) }}
{% set credited = ref('int_clicks_joined_to_impressions') %}
{% set touched %}
    with clicks as (select * from {{ changed('int_clicks_joined_to_impressions') }}),
    -- one span for all of them: an index finds its events, whatever the table's size
    span as (select min(clicked_at) as starts_at, max(clicked_at) + interval '7 days' as ends_at from clicks)
    select event_id as outcome_id from {{ changed('fct_events') }} where event_type = 'cart_add'
    union
    select order_item_id from {{ changed('fct_order_items') }}
    union
    select order_item_id from {{ ref('stg_shop__order_items') }}
    where order_id in ({{ changed_in('orders', 'order_id', ['session_id']) }})
    union
    select events.event_id
    from clicks
    inner join {{ ref('fct_events') }} as events using (product_id)
    where events.event_type = 'cart_add' and events.occurred_at between clicked_at and clicked_at + interval '7 days'
        and events.occurred_at between (select starts_at from span) and (select ends_at from span)
    union
    select items.order_item_id
    from clicks
    inner join {{ ref('fct_order_items') }} as items using (product_id)
    where items.ordered_at between clicked_at and clicked_at + interval '7 days'
        and items.ordered_at between (select starts_at from span) and (select ends_at from span)
{% endset %}
{% set partial = restate(touched) %}

with

outcomes as (
    select event_id as outcome_id, 'cart' as kind, session_id, customer_id, product_id, 0 as revenue_minor, occurred_at as happened_at
    from {{ ref('fct_events') }}
    where event_type = 'cart_add' {% if partial %}and event_id in (select outcome_id from touched){% endif %}
    union all
    select
        items.order_item_id, 'order', orders.session_id, items.customer_id, items.product_id, items.total_minor, items.ordered_at
    from {{ ref('fct_order_items') }} as items
    inner join {{ ref('stg_shop__orders') }} as orders using (order_id)
    where items.is_sale {% if partial %}and items.order_item_id in (select outcome_id from touched){% endif %}
),

-- The same visit, or the same customer in another one.
touches as (
    select outcomes.outcome_id, clicks.click_id, clicks.impression_id, clicks.clicked_at
    from outcomes
    inner join {{ credited }} as clicks on clicks.product_id = outcomes.product_id and clicks.session_id = outcomes.session_id
    where clicks.clicked_at between outcomes.happened_at - interval '7 days' and outcomes.happened_at
    union
    select outcomes.outcome_id, clicks.click_id, clicks.impression_id, clicks.clicked_at
    from outcomes
    inner join {{ credited }} as clicks on clicks.product_id = outcomes.product_id and clicks.customer_id = outcomes.customer_id
    where clicks.clicked_at between outcomes.happened_at - interval '7 days' and outcomes.happened_at
),

last_touches as (
    select distinct on (outcome_id) outcome_id, click_id, impression_id
    from touches
    order by outcome_id, clicked_at desc, click_id desc, impression_id desc
)

select outcome_id, impression_id, click_id, kind, revenue_minor, happened_at from last_touches inner join outcomes using (outcome_id)
