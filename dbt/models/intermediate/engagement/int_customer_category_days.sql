{{ config(unique_key=['customer_id', 'activity_date'], indexes=[{'columns': ['customer_id', 'activity_date']}, {'columns': ['activity_date']}]) }}
{% set touched %}
    select distinct customer_id, {{ utc_date('occurred_at') }} as activity_date
    from {{ changed('fct_events') }}
    where customer_id is not null and event_type in ('product_view', 'cart_add')
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ rows_of_days(partial, 'fct_events', 'occurred_at', utc_stretches('activity_date')) }} as events
),

customer_category_days as (
    select
        customer_id,
        category_id,
        {{ utc_date('occurred_at') }} as activity_date,
        count(*) filter (where event_type = 'product_view') as view_count,
        count(*) filter (where event_type = 'cart_add') as cart_count
    from events
    where customer_id is not null
        and event_type in ('product_view', 'cart_add')
        {% if partial %}and (customer_id, {{ utc_date('occurred_at') }}) in (select * from touched){% endif %}
    group by 1, 2, 3
)

select * from customer_category_days
{% if not partial -%}
-- Side by side, because what reads a customer's window would otherwise fetch each of its days from another page.
order by customer_id, activity_date
{%- endif %}
