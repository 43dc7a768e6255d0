{{ config(unique_key=['seller_id'], indexes=[{'columns': ['seller_id'], 'unique': true}]) }}
{% do restate() %}

with

sellers as (
    select * from {{ ref('stg_shop__sellers') }}
),

products as (
    select * from {{ ref('stg_shop__products') }}
),

-- A seller's listings share one currency; a seller without a listing has the marketplace's.
seller_currencies as (
    select
        seller_id,
        mode() within group (order by currency) as currency
    from products
    group by 1
),

marketplace_currency as (
    select mode() within group (order by currency) as currency from products
),

priced_sellers as (
    select
        sellers.seller_id,
        sellers.shop_name,
        sellers.city,
        sellers.region,
        sellers.country_code,
        sellers.time_zone,
        coalesce(seller_currencies.currency, marketplace_currency.currency) as currency,
        sellers.commission_bps,
        sellers.joined_at
    from sellers
    cross join marketplace_currency
    left join seller_currencies on seller_currencies.seller_id = sellers.seller_id
)

select * from priced_sellers
