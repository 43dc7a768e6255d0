{{ config(unique_key=['category_id'], indexes=[{'columns': ['category_id'], 'unique': true}]) }}
{% set touched %}
    select category_id from {{ changed('categories') }}
{% endset %}
{% set partial = restate(touched) %}

with

categories as (
    select * from {{ ref('stg_shop__categories') }}
    {% if partial %}where category_id in (select category_id from touched){% endif %}
)

select
    category_id,
    parent_category_id,
    name,
    path
from categories
