{{ config(unique_key=['seller_id'], indexes=[{'columns': ['seller_id'], 'unique': true}]) }}
{% do restate(instant='data_until') %}

with

sellers as (
    select * from {{ ref('dim_sellers') }}
),

bounds as (
    select * from {{ ref('int_time_bounds') }}
),

-- Two looks into each index per seller: there are many more days than sellers.
active_spans as (
    {%- for days in ('int_seller_sale_days', 'int_seller_visit_days', 'int_seller_refund_days') %}
    select
        seller_id,
        (select min(days.sale_date) from {{ ref(days) }} as days where days.seller_id = sellers.seller_id) as first_date,
        (select max(days.sale_date) from {{ ref(days) }} as days where days.seller_id = sellers.seller_id) as last_date
    from sellers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
    where active_spans.first_date is not null
    group by 1, 2
)

select * from seller_spans
