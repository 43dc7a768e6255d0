{{ config(
    unique_key=['product_id', 'event_timestamp'],
    indexes=[{'columns': ['product_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('product_id', {'fct_reviews': utc_date('reviewed_at')}, [90])) %}

with

reviews as (
    select reviews.product_id, reviews.rating, {{ utc_date('reviews.reviewed_at') }} as activity_date
    from {{ ref('fct_reviews') }} as reviews
    {{ bearing_on(partial, 'reviews', 'product_id') }}
),

change_days as (
    select
        product_id,
        activity_date + step.days_later as known_date,
        count(*) filter (where step.change = 1) as reviews,
        sum(rating) filter (where step.change = 1) as stars,
        sum(step.change) as reviews_90d
    from reviews
    cross join (values (1, 1), (91, -1)) as step (days_later, change)
    group by 1, 2
),

feature_rows as (
    select
        product_id,
        (sum(reviews) over history)::integer as review_count_total,
        (sum(reviews_90d) over history)::integer as review_count_90d,
        (sum(stars) over history / nullif(sum(reviews) over history, 0))::float8 as rating_mean_total,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by product_id order by known_date)
)

{{ known_rows('feature_rows', partial, 'product_id') }}
