{{ config(unique_key=['product_id'], indexes=[{'columns': ['product_id'], 'unique': true}]) }}
{% set touched %}
    select product_id from {{ changed('products') }}
    union
    select product_id from {{ changed('stock') }}
    union
    select product_id from {{ ref('stg_shop__products') }}
    where category_id in ({{ changed_in('categories', 'category_id', ['path']) }})
{% endset %}
{% set partial = restate(touched) %}

with

products as (
    select * from {{ ref('stg_shop__products') }}
    {% if partial %}where product_id in (select product_id from touched){% endif %}
),

categories as (
    select * from {{ ref('stg_shop__categories') }}
),

stock as (
    select * from {{ ref('stg_shop__stock') }}
),

stocked_products as (
    select
        products.product_id,
        products.seller_id,
        products.category_id,
        categories.path as category_path,
        products.title,
        products.title_is_generated,
        products.description,
        products.language,
        products.colour,
        products.material,
        products.occasion,
        products.attributes ->> 'style' as style,
        products.attributes ->> 'season' as season,
        products.attributes ->> 'gender' as gender,
        products.attributes ->> 'further_values' as further_values,
        products.is_active,
        products.price_minor,
        products.currency,
        coalesce(stock.units_on_hand, 0) as units_on_hand,
        products.listed_at
    from products
    left join categories on categories.category_id = products.category_id
    left join stock on stock.product_id = products.product_id
)

select * from stocked_products
