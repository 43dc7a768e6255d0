{{ config(unique_key=['tag_suggestion_id'], indexes=[{'columns': ['tag_suggestion_id'], 'unique': true}]) }}
{% set touched %}
    select tag_suggestion_id from {{ changed('tag_suggestions') }}
{% endset %}
{% set partial = restate(touched) %}

with

suggestions as (
    select * from {{ ref('stg_shop__tag_suggestions') }}
    {% if partial %}where tag_suggestion_id in (select tag_suggestion_id from touched){% endif %}
),

answers as (
    select
        tag_suggestion_id,
        product_id,
        seller_id,
        category_id,
        attribute,
        suggested_value,
        status as answer,
        final_value,
        model_version,
        answered_in,
        probability,
        suggested_at,
        answered_at
    from suggestions
    where status in ('accepted', 'changed', 'refused') and product_id is not null
)

select * from answers
