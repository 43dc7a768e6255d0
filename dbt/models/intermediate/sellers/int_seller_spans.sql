{{ config(unique_key=['seller_id'], indexes=[{'columns': ['seller_id'], 'unique': true}]) }}
{% set days_with_something = ['int_seller_sale_days', 'int_seller_visit_days', 'int_seller_refund_days'] %}
{% set touched %}
    {%- for days in days_with_something %}
    select seller_id from {{ changed(days) }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
{% endset %}
{% set partial = restate(touched) %}

with

sellers as (
    select seller_id from {{ ref('dim_sellers') }}
    {% if partial %}where seller_id in (select seller_id from touched){% endif %}
),

-- Two looks into each index per seller: there are many more days than sellers.
active_spans as (
    {%- for days in days_with_something %}
    select
        seller_id,
        (select min(days.sale_date) from {{ ref(days) }} as days where days.seller_id = sellers.seller_id) as first_date,
        (select max(days.sale_date) from {{ ref(days) }} as days where days.seller_id = sellers.seller_id) as last_active_date
    from sellers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

seller_spans as (
    select seller_id, min(first_date) as first_date, max(last_active_date) as last_active_date
    from active_spans
    where first_date is not null
    group by 1
)

select * from seller_spans
