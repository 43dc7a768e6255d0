with

view_days as (
    select * from {{ ref('int_customer_category_days') }} where view_count > 0 and category_id is not null
),

-- The midnights at which a category's share may change: the day after a view, and the day on which the window lets it go.
change_days as (
    select distinct customer_id, activity_date + days_later as known_date
    from view_days
    cross join (values (1), (29)) as step (days_later)
),

category_counts as (
    select
        change_days.customer_id,
        change_days.known_date,
        view_days.category_id,
        sum(view_days.view_count) as view_count
    from change_days
    inner join view_days
        on view_days.customer_id = change_days.customer_id
            and view_days.activity_date >= change_days.known_date - 28
            and view_days.activity_date < change_days.known_date
    group by 1, 2, 3
),

top_categories as (
    select distinct on (customer_id, known_date)
        customer_id,
        known_date,
        category_id as top_category_id,
        (view_count / sum(view_count) over (partition by customer_id, known_date))::float8 as top_category_share_28d
    from category_counts
    order by customer_id asc, known_date asc, view_count desc, category_id asc
)

select * from top_categories
