{{ config(
    unique_key=['click_id'],
    indexes=[{'columns': ['click_id'], 'unique': true}, {'columns': ['impression_id']}, {'columns': ['product_id', 'clicked_at']}],
) }}
{% set touched %}
    select event_id as click_id from {{ changed('events') }} where event_type = 'recommendation_click'
    union
    select event_id from {{ ref('stg_shop__events') }}
    where event_type = 'recommendation_click' and request_id in (select request_id from {{ changed('impressions') }})
{% endset %}
{% set partial = restate(touched) %}

with

clicks as (
    select * from {{ ref('stg_shop__events') }}
    where event_type = 'recommendation_click' and request_id is not null
    {% if partial %}and event_id in (select click_id from touched){% endif %}
),

impressions as (
    select * from {{ ref('stg_shop__impressions') }}
    {% if partial %}where request_id in (select request_id from clicks){% endif %}
),

-- A browser's clock may be a little behind ours; who clicks days later on an old tab was not moved by that list.
joined_clicks as (
    select
        clicks.event_id as click_id,
        impressions.impression_id,
        clicks.session_id,
        clicks.customer_id,
        clicks.product_id,
        clicks.occurred_at as clicked_at
    from clicks
    inner join impressions on impressions.request_id = clicks.request_id and impressions.product_id = clicks.product_id
    where clicks.occurred_at between impressions.shown_at - interval '5 minutes' and impressions.shown_at + interval '1 day'
)

select * from joined_clicks
