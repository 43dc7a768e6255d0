{{ config(unique_key=['seller_id'], indexes=[{'columns': ['seller_id'], 'unique': true}, {'columns': ['category_name']}]) }}
{% set touched %}
    select seller_id from {{ changed('dim_products') }} where seller_id is not null
{% endset %}
{% set partial = restate(touched) %}

with

products as (
    select seller_id, split_part(category_path, ' > ', 1) as category_name
    from {{ ref('dim_products') }}
    where seller_id is not null and category_path is not null
        {% if partial %}and seller_id in (select seller_id from touched){% endif %}
),

listing_counts as (
    select seller_id, category_name, count(*) as listing_count
    from products
    group by 1, 2
)

select distinct on (seller_id)
    seller_id,
    category_name
from listing_counts
order by seller_id asc, listing_count desc, category_name asc
