{{ config(unique_key=['sale_date', 'currency'], indexes=[{'columns': ['sale_date', 'currency'], 'unique': true}]) }}
{% set touched %}
    select sale_date from {{ changed('int_platform_order_days') }}
    union
    select sale_date from {{ changed('int_seller_refund_days') }}
    union
    select sale_date from {{ ref('int_seller_refund_days') }}
    where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['currency']) }})
    union
    select first_sale_date from {{ changed('dim_buyers') }}
{% endset %}
{% set partial = restate(touched) %}

with

order_days as (
    select * from {{ ref('int_platform_order_days') }}
    {% if partial %}where sale_date in (select sale_date from touched){% endif %}
),

refund_days as (
    select * from {{ ref('int_seller_refund_days') }}
    {% if partial %}where sale_date in (select sale_date from touched){% endif %}
),

sale_totals as (
    select
        order_days.sale_date,
        order_days.currency,
        count(*) filter (where order_days.is_first_day) as order_count,
        count(distinct buyers.customer_id) as new_customer_count,
        sum(order_days.units_sold) as units_sold,
        sum(order_days.gross_minor) as gross_minor,
        sum(order_days.revenue_minor) as revenue_minor,
        sum(order_days.commission_minor) as commission_minor
    from order_days
    left join {{ ref('dim_buyers') }} as buyers
        on buyers.customer_id = order_days.customer_id and buyers.first_sale_date = order_days.sale_date
    group by 1, 2
),

refund_totals as (
    select
        refund_days.sale_date,
        sellers.currency,
        sum(refund_days.refund_minor) as refund_minor
    from refund_days
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = refund_days.seller_id
    group by 1, 2
)

select
    sale_date,
    coalesce(sale_totals.order_count, 0)::integer as order_count,
    coalesce(sale_totals.units_sold, 0)::integer as units_sold,
    coalesce(sale_totals.new_customer_count, 0)::integer as new_customer_count,
    coalesce(sale_totals.gross_minor, 0)::bigint as gross_minor,
    coalesce(sale_totals.revenue_minor, 0)::bigint as revenue_minor,
    coalesce(sale_totals.commission_minor, 0)::bigint as commission_minor,
    coalesce(refund_totals.refund_minor, 0)::bigint as refund_minor,
    currency
from sale_totals
full outer join refund_totals using (sale_date, currency)
