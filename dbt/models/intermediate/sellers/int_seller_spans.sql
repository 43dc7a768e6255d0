{{ config(unique_key=['seller_id'], indexes=[{'columns': ['seller_id'], 'unique': true}]) }}
{% do restate() %}

with

sellers as (
    select * from {{ ref('dim_sellers') }}
),

bounds as (
    select * from {{ ref('int_time_bounds') }}
),

active_spans as (
    select seller_id, min(sale_date) as first_date, max(sale_date) as last_date from {{ ref('int_seller_sale_days') }} group by 1
    union all
    select seller_id, min(sale_date), max(sale_date) from {{ ref('int_seller_visit_days') }} group by 1
    union all
    select seller_id, min(sale_date), max(sale_date) from {{ ref('int_seller_refund_days') }} group by 1
),

seller_spans as (
    select
        sellers.seller_id,
        sellers.currency,
        min(active_spans.first_date) as first_date,
        -- nothing known is left out, even where a clock ran ahead; a seller gone for a year gets no more empty days
        greatest(
            max(active_spans.last_date),
            least(max(active_spans.last_date) + 366, {{ local_date('max(bounds.data_until)', 'max(sellers.time_zone)') }})
        ) as last_date,
        {{ local_date('max(bounds.last_midnight_at)', 'max(sellers.time_zone)') }} - 1 as last_complete_date
    from active_spans
    inner join sellers on sellers.seller_id = active_spans.seller_id
    cross join bounds
    group by 1, 2
)

select * from seller_spans
