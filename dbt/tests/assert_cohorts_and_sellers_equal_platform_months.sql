-- Cohorts of customers, and the months of sellers, add up to the platform's days: one revenue, three ways to cut it.
with

platform as (
    select date_trunc('month', sale_date)::date as sale_month, currency, sum(revenue_minor) as revenue_minor
    from {{ ref('fct_platform_days') }}
    group by 1, 2
),

cohorts as (
    select sale_month, currency, sum(revenue_minor) as revenue_minor from {{ ref('fct_cohort_months') }} group by 1, 2
),

sellers as (
    select sale_month, currency, sum(revenue_minor) as revenue_minor from {{ ref('fct_league_months') }} group by 1, 2
)

select sale_month, currency, platform.revenue_minor, cohorts.revenue_minor as of_cohorts_minor, sellers.revenue_minor as of_sellers_minor
from platform
full outer join cohorts using (sale_month, currency)
full outer join sellers using (sale_month, currency)
where coalesce(platform.revenue_minor, 0) <> coalesce(cohorts.revenue_minor, 0)
    or coalesce(platform.revenue_minor, 0) <> coalesce(sellers.revenue_minor, 0)
