{{ config(
    unique_key=['customer_id', 'event_timestamp'],
    indexes=[{'columns': ['customer_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('customer_id', {
        'int_customer_engagement_days': 'activity_date',
        'int_customer_top_categories': 'known_date - 1',
    }, [7, 28])) %}

with

-- What enters at the midnight after a day, and leaves when a window lets that day go. Looking back twice the window: which
-- category was last on top may hang on views that left it before.
changes as (
    select
        customer_id,
        activity_date + days_later as known_date,
        view_count * change_7d as views_7d,
        view_count * change_28d as views_28d,
        cart_count * change_28d as carts_28d,
        session_count * change_28d as sessions_28d,
        view_count > 0 and change_28d <> 0 as is_other_views,
        null as top_category_id,
        null::float8 as top_category_share_28d,
        false as is_earlier
    from {{ stepping(
        partial, 'int_customer_engagement_days', 'customer_id', 'activity_date',
        '(1, 1, 1), (8, -1, 0), (29, 0, -1)', 'change_7d, change_28d', 57
    ) }} as days
    where view_count > 0 or change_28d <> 0
    {% if partial -%}
    union all
    select customer_id, known_date, view_count_7d, view_count_28d, cart_count_28d, session_count_28d, false,
        top_category_id, top_category_share_28d, true
    from {{ rows_before('customer_id') }} as earlier
    {%- endif %}
),

feature_rows as (
    select
        customer_id,
        (sum(sum(views_7d)) over history)::integer as view_count_7d,
        (sum(sum(views_28d)) over history)::integer as view_count_28d,
        (sum(sum(carts_28d)) over history)::integer as cart_count_28d,
        (sum(sum(sessions_28d)) over history)::integer as session_count_28d,
        -- between the days on which views come or go, the last one's top category still holds
        max(case when bool_or(is_other_views) then known_date end) over history as views_known_date,
        first_value(max(top_category_id)) over history as earlier_category_id,
        first_value(max(top_category_share_28d)) over history as earlier_share_28d,
        bool_or(is_earlier) as is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from changes
    group by customer_id, known_date
    window history as (partition by customer_id order by known_date)
),

placed_rows as (
    select
        feature_rows.*,
        case when views_known_date is null then earlier_category_id else latest.top_category_id end as top_category_id,
        case when views_known_date is null then earlier_share_28d else latest.top_category_share_28d end as top_category_share_28d
    from feature_rows
    left join {{ 'lateral' if partial }} (
        select * from {{ ref('int_customer_top_categories') }}
        {{ 'where customer_id = feature_rows.customer_id and known_date = views_known_date offset 0' if partial }}
    ) as latest on latest.customer_id = feature_rows.customer_id and latest.known_date = views_known_date
)

{{ known_rows('placed_rows', partial) }}
