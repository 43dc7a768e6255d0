{{ config(
    unique_key=['review_id'],
    indexes=[{'columns': ['review_id'], 'unique': true}, {'columns': ['product_id']}, {'columns': ['seller_id', 'reviewed_at']}, {'columns': ['order_id']}, {'columns': ['(' ~ utc_date('reviewed_at') ~ ')']}],
) }}
{% set touched %}
    select review_id from {{ changed('reviews') }}
{% endset %}
{% set partial = restate(touched) %}

with

reviews as (
    select * from {{ ref('stg_shop__reviews') }}
    {% if partial %}where review_id in (select review_id from touched){% endif %}
)

select
    review_id,
    order_id,
    product_id,
    seller_id,
    customer_id,
    rating,
    title,
    body,
    language,
    reviewed_at
from reviews
where not is_hidden
