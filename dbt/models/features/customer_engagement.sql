{{ config(
    unique_key=['customer_id', 'event_timestamp'],
    indexes=[{'columns': ['customer_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('customer_id', {
        'int_customer_engagement_days': 'activity_date',
        'int_customer_top_categories': 'known_date - 1',
    }, [7, 28])) %}

with

-- Twice the window: which category was last on top may hang on views that left it before.
days as (
    select days.* from {{ ref('int_customer_engagement_days') }} as days
    {{ bearing_on(partial, 'days', 'customer_id', 'activity_date', 57) }}
),

top_categories as (
    select top_categories.* from {{ ref('int_customer_top_categories') }} as top_categories
    {{ bearing_on(partial, 'top_categories', 'customer_id') }}
),

-- What enters at the midnight after a day, and leaves when a window lets that day go.
change_days as (
    select
        customer_id,
        activity_date + step.days_later as known_date,
        sum(view_count * step.change_7d) as views_7d,
        sum(view_count * step.change_28d) as views_28d,
        sum(cart_count * step.change_28d) as carts_28d,
        sum(session_count * step.change_28d) as sessions_28d,
        bool_or(view_count > 0 and step.change_28d <> 0) as has_other_views
    from days
    cross join (values (1, 1, 1), (8, -1, 0), (29, 0, -1)) as step (days_later, change_7d, change_28d)
    where view_count > 0 or step.change_28d <> 0
    group by 1, 2
),

counted_days as (
    select
        customer_id,
        known_date,
        (sum(views_7d) over history)::integer as view_count_7d,
        (sum(views_28d) over history)::integer as view_count_28d,
        (sum(carts_28d) over history)::integer as cart_count_28d,
        (sum(sessions_28d) over history)::integer as session_count_28d,
        -- between the days on which views come or go, the last one's top category still holds
        max(known_date) filter (where has_other_views) over history as views_known_date
    from change_days
    window history as (partition by customer_id order by known_date)
),

feature_rows as (
    select
        counted_days.*,
        top_categories.top_category_id,
        top_categories.top_category_share_28d,
        {{ utc_midnight('counted_days.known_date') }} as event_timestamp
    from counted_days
    left join top_categories
        on top_categories.customer_id = counted_days.customer_id
            and top_categories.known_date = counted_days.views_known_date
)

{{ known_rows('feature_rows', partial, 'customer_id') }}
