{{ config(
    unique_key=['impression_id'],
    indexes=[{'columns': ['impression_id'], 'unique': true}, {'columns': ['experiment_id', 'unit_id']}, {'columns': ['shown_at']}],
) }}
{% set touched %}
    select impression_id from {{ changed('impressions') }}
    union
    select impression_id from {{ changed('int_clicks_joined_to_impressions') }}
    union
    select impression_id from {{ changed('int_outcomes_credited_to_clicks') }}
{% endset %}
{% set partial = restate(touched) %}

with

impressions as (
    select * from {{ ref('stg_shop__impressions') }}
    {% if partial %}where impression_id in (select impression_id from touched){% endif %}
),

clicks as (
    select impression_id, min(clicked_at) as clicked_at
    from {{ ref('int_clicks_joined_to_impressions') }}
    {% if partial %}where impression_id in (select impression_id from touched){% endif %}
    group by 1
),

outcomes as (
    select
        impression_id,
        min(happened_at) filter (where kind = 'cart') as carted_at,
        min(happened_at) filter (where kind = 'order') as ordered_at,
        sum(revenue_minor)::bigint as revenue_minor
    from {{ ref('int_outcomes_credited_to_clicks') }}
    {% if partial %}where impression_id in (select impression_id from touched){% endif %}
    group by 1
),

attributed_impressions as (
    select
        impressions.impression_id,
        impressions.request_id,
        impressions.session_id,
        impressions.customer_id,
        impressions.unit_id,
        impressions.experiment_id,
        impressions.product_id,
        impressions.shelf,
        impressions.position,
        impressions.candidate_source,
        impressions.model_name,
        impressions.model_version,
        impressions.arm,
        impressions.propensity,
        impressions.alternative_product_ids,
        impressions.is_fallback,
        clicks.clicked_at is not null as is_clicked,
        outcomes.carted_at is not null as is_carted,
        outcomes.ordered_at is not null as is_ordered,
        coalesce(outcomes.revenue_minor, 0)::bigint as revenue_minor,
        impressions.shown_at,
        clicks.clicked_at,
        outcomes.carted_at,
        outcomes.ordered_at
    from impressions
    left join clicks using (impression_id)
    left join outcomes using (impression_id)
)

select * from attributed_impressions
