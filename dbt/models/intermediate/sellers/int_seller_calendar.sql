with

sale_days as (
    select * from {{ ref('int_seller_sale_days') }}
),

visit_days as (
    select * from {{ ref('int_seller_visit_days') }}
),

refund_days as (
    select * from {{ ref('int_seller_refund_days') }}
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

bounds as (
    select * from {{ ref('int_time_bounds') }}
),

active_days as (
    select seller_id, sale_date from sale_days
    union
    select seller_id, sale_date from visit_days
    union
    select seller_id, sale_date from refund_days
),

seller_spans as (
    select
        sellers.seller_id,
        sellers.currency,
        sellers.time_zone,
        min(active_days.sale_date) as first_date,
        -- nothing known is left out, even where a clock ran ahead
        greatest(
            max(active_days.sale_date), {{ local_date('max(bounds.data_until)', 'sellers.time_zone') }}
        ) as last_date
    from active_days
    inner join sellers on sellers.seller_id = active_days.seller_id
    cross join bounds
    group by 1, 2, 3
)

select
    seller_spans.seller_id,
    seller_spans.currency,
    days.sale_date::date as sale_date,
    ((days.sale_date + interval '1 day') at time zone seller_spans.time_zone) <= bounds.last_midnight_at as is_complete
from seller_spans
cross join bounds
cross join generate_series(seller_spans.first_date::timestamp, seller_spans.last_date, interval '1 day') as days (sale_date)
