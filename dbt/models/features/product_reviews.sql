{{ config(
    unique_key=['product_id', 'event_timestamp'],
    indexes=[{'columns': ['product_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('product_id', {'fct_reviews': utc_date('reviewed_at')}, [90])) %}

with

reviews as (
    select product_id, rating, {{ utc_date('reviewed_at') }} as activity_date
    from {{ looking_back(partial, 'fct_reviews', 'product_id') }} as reviews
),

changes as (
    select
        product_id,
        activity_date + step.days_later as known_date,
        (step.change = 1)::integer as reviews,
        (step.change = 1)::integer * rating as stars,
        step.change as reviews_90d
    from reviews
    cross join (values (1, 1), (91, -1)) as step (days_later, change)
),

change_days as (
    select
        product_id,
        {{ 'greatest(known_date, since_date - 1)' if partial else 'known_date' }} as known_date,
        sum(reviews) as reviews,
        sum(stars) as stars,
        sum(reviews_90d) as reviews_90d,
        {{ 'known_date < since_date' if partial else 'false' }} as is_earlier
    from changes
    {{ 'inner join touched using (product_id)' if partial }}
    group by product_id, {{ 'greatest(known_date, since_date - 1)' if partial else 'known_date' }}, is_earlier
),

feature_rows as (
    select
        product_id,
        (sum(reviews) over history)::integer as review_count_total,
        (sum(reviews_90d) over history)::integer as review_count_90d,
        (sum(stars) over history / nullif(sum(reviews) over history, 0))::float8 as rating_mean_total,
        is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by product_id order by known_date)
)

{{ known_rows('feature_rows', partial) }}
