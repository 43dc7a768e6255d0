{{ config(unique_key=['category_id'], indexes=[{'columns': ['category_id'], 'unique': true}]) }}
{% do restate() %}

with

categories as (
    select * from {{ ref('stg_shop__categories') }}
)

select
    category_id,
    parent_category_id,
    name,
    path
from categories
