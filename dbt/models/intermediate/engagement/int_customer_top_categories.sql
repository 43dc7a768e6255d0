{{ config(
    unique_key=['customer_id', 'known_date'],
    indexes=[{'columns': ['customer_id', 'known_date'], 'unique': true}, {'columns': ['(known_date - 1)']}],
) }}
{% set touched %}
    -- a day is looked at from the midnight after it to the one at which the window lets it go
    select customer_id, activity_date + days_later as known_date
    from (select distinct customer_id, activity_date from {{ changed('int_customer_category_days') }}) as days
    cross join lateral generate_series(1, least(29, {{ last_midnight() }} - activity_date)) as days_later
    union
    {{ midnights_reached('customer_id', 'int_customer_category_days', 'activity_date', [1, 29]) }}
    union
    select customer_id, known_date from {{ this }}
    where {{ last_midnight() }} < {{ midnight_read() }} and known_date > {{ last_midnight() }}
{% endset %}
{% set partial = restate(touched) %}

with

-- The midnights at which a category's share may change: the day after a view, and the day on which the window lets it go.
change_days as (
    {% if partial -%}
    select customer_id, known_date from touched
    where known_date <= {{ last_midnight() }} and exists (
        select from {{ ref('int_customer_category_days') }} as view_days
        where view_days.customer_id = touched.customer_id
            and view_days.activity_date in (touched.known_date - 1, touched.known_date - 29)
            and view_days.view_count > 0
    )
    {%- else -%}
    select distinct customer_id, activity_date + days_later as known_date
    from {{ ref('int_customer_category_days') }}
    cross join (values (1), (29)) as step (days_later)
    where view_count > 0 and activity_date + days_later <= {{ last_midnight() }}
    order by customer_id, known_date
    {%- endif %}
),

-- One short index scan per midnight: a join of all midnights with all days would be sorted through the disk.
top_categories as (
    select
        change_days.customer_id,
        change_days.known_date,
        top_category.category_id as top_category_id,
        top_category.share as top_category_share_28d
    from change_days
    cross join lateral (
        select
            window_days.category_id,
            (sum(window_days.view_count) / sum(sum(window_days.view_count)) over ())::float8 as share
        from {{ ref('int_customer_category_days') }} as window_days
        where window_days.customer_id = change_days.customer_id
            and window_days.activity_date >= change_days.known_date - 28
            and window_days.activity_date < change_days.known_date
            and window_days.category_id is not null
            and window_days.view_count > 0
        group by 1
        order by 2 desc, 1 asc
        limit 1
    ) as top_category
)

select * from top_categories
