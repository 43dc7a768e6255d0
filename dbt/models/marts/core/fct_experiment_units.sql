{{ config(
    unique_key=['experiment_id', 'unit_id', 'arm'],
    indexes=[{'columns': ['experiment_id', 'unit_id', 'arm'], 'unique': true}],
) }}
{% set touched %}
    select experiment_id, unit_id from {{ changed('experiment_exposures') }}
    union
    select experiment_id, unit_id from {{ changed('fct_impressions') }} where experiment_id is not null
{% endset %}
{% set partial = restate(touched) %}

with

exposures as (
    select * from {{ ref('stg_shop__experiment_exposures') }}
    {% if partial %}where (experiment_id, unit_id) in (select experiment_id, unit_id from touched){% endif %}
),

impressions as (
    select * from {{ ref('fct_impressions') }}
    where experiment_id is not null and arm is not null
    {% if partial %}and (experiment_id, unit_id) in (select experiment_id, unit_id from touched){% endif %}
),

seen as (
    select
        experiment_id,
        unit_id,
        arm,
        count(*) as impression_count,
        count(*) filter (where is_clicked) as click_count,
        count(*) filter (where is_carted) as cart_count,
        count(*) filter (where is_ordered) as order_count,
        sum(revenue_minor) as revenue_minor,
        min(shown_at) as first_shown_at
    from impressions
    group by 1, 2, 3
),

-- Who was exposed and saw nothing counts too; interleaved units stand once for each list that they saw.
units as (
    select
        experiment_id,
        unit_id,
        coalesce(seen.arm, exposures.arm) as arm,
        coalesce(seen.impression_count, 0)::integer as impression_count,
        coalesce(seen.click_count, 0)::integer as click_count,
        coalesce(seen.cart_count, 0)::integer as cart_count,
        coalesce(seen.order_count, 0)::integer as order_count,
        coalesce(seen.revenue_minor, 0)::bigint as revenue_minor,
        least(exposures.exposed_at, seen.first_shown_at) as exposed_at
    from exposures
    full outer join seen using (experiment_id, unit_id)
)

select * from units
