-- What the platform sees by day is what its sellers see, to the minor unit and the unit.
with

sellers as (
    select sale_date, currency, sum(revenue_minor) as revenue_minor, sum(refund_minor) as refund_minor, sum(units_sold) as units_sold
    from {{ ref('fct_seller_days') }}
    group by 1, 2
),

platform as (
    select * from {{ ref('fct_platform_days') }}
)

select sale_date, currency, sellers.revenue_minor, platform.revenue_minor as platform_revenue_minor
from sellers
full outer join platform using (sale_date, currency)
where (coalesce(sellers.revenue_minor, 0), coalesce(sellers.refund_minor, 0), coalesce(sellers.units_sold, 0))
    <> (coalesce(platform.revenue_minor, 0), coalesce(platform.refund_minor, 0), coalesce(platform.units_sold, 0))
