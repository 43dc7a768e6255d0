"""The tables of rows of the platform: each page reads the query that its CSV file holds."""

from storefront_api.analytics.rows import Column, RowTable, named

_BUCKETS = """
    generate_series(date_trunc(%(grain)s, %(first)s::date::timestamp), %(last)s::date::timestamp, %(step)s::interval)
"""

_REVENUE = RowTable(
    "revenue",
    "Revenue by day, week or month",
    "One row per day, week (from Monday) or month; of the first and the last only days within the period are counted.",
    (
        Column("starts_on", "From", "date"),
        Column("order_count", "Orders", "count", adds_up=True),
        Column("units_sold", "Units", "count", adds_up=True),
        Column("new_customer_count", "New customers", "count", adds_up=True),
        Column("revenue_minor", "Revenue", "money", adds_up=True),
        Column("commission_minor", "Commission", "money", adds_up=True),
        Column("refund_minor", "Refunded", "money", adds_up=True),
    ),
    f"""
    select bucket::date as starts_on, coalesce(sum(order_count), 0)::bigint as order_count,
        coalesce(sum(units_sold), 0)::bigint as units_sold, coalesce(sum(new_customer_count), 0)::bigint as new_customer_count,
        coalesce(sum(revenue_minor), 0)::bigint as revenue_minor,
        coalesce(sum(commission_minor), 0)::bigint as commission_minor, coalesce(sum(refund_minor), 0)::bigint as refund_minor
    from {_BUCKETS} as bucket
    left join marts.fct_platform_days on date_trunc(%(grain)s, sale_date::timestamp) = bucket
        and sale_date between %(first)s and %(last)s and currency = %(currency)s
    group by 1
    """,
    ("starts_on",),
    tab="revenue",
)

_FUNNEL = RowTable(
    "funnel",
    "Funnel by day, week or month",
    "One row per day, week (from Monday) or month in which visits began (UTC); each step counts the visits that came to it or"
    " beyond it.",
    (
        Column("starts_on", "From", "date"),
        Column("session_count", "Visits", "count", adds_up=True),
        Column("view_session_count", "Looked at a product", "count", adds_up=True),
        Column("cart_session_count", "Filled a cart", "count", adds_up=True),
        Column("checkout_session_count", "Began the checkout", "count", adds_up=True),
        Column("order_session_count", "Ordered", "count", adds_up=True),
    ),
    f"""
    select bucket::date as starts_on, coalesce(sum(session_count), 0)::bigint as session_count,
        coalesce(sum(view_session_count), 0)::bigint as view_session_count,
        coalesce(sum(cart_session_count), 0)::bigint as cart_session_count,
        coalesce(sum(checkout_session_count), 0)::bigint as checkout_session_count,
        coalesce(sum(order_session_count), 0)::bigint as order_session_count
    from {_BUCKETS} as bucket
    left join marts.fct_funnel_days on date_trunc(%(grain)s, visit_date::timestamp) = bucket
        and visit_date between %(first)s and %(last)s
    group by 1
    """,
    ("starts_on",),
    tab="funnel",
)

_COHORTS = RowTable(
    "cohorts",
    "Cohorts",
    "One row per month in which customers first bought and month in which some of them bought (again).",
    (
        Column("cohort_month", "First bought in", "date"),
        Column("sale_month", "Bought in", "date"),
        Column("months_later", "Months later", "count"),
        Column("cohort_size", "Cohort", "count"),
        Column("customer_count", "Customers", "count"),
        Column("retention", "Of the cohort", "rate"),
        Column("order_count", "Orders", "count", adds_up=True),
        Column("revenue_minor", "Revenue", "money", adds_up=True),
        Column("is_whole_month", "Month is over", "yes_no"),
    ),
    """
    select months.cohort_month, months.sale_month,
        ((extract(year from months.sale_month) - extract(year from months.cohort_month)) * 12
            + extract(month from months.sale_month) - extract(month from months.cohort_month))::bigint as months_later,
        first.customer_count::bigint as cohort_size, months.customer_count::bigint as customer_count,
        months.customer_count::float8 / first.customer_count as retention, months.order_count::bigint as order_count,
        months.revenue_minor, (months.sale_month + interval '1 month')::date - 1 <= %(known_last)s as is_whole_month
    from marts.fct_cohort_months as months
    inner join marts.fct_cohort_months as first
        on first.cohort_month = months.cohort_month and first.sale_month = months.cohort_month
            and first.currency = months.currency
    where months.currency = %(currency)s and months.sale_month <= %(known_last)s
    """,
    ("cohort_month", "sale_month"),
    tab="cohorts",
    has_period=False,
)

_LEAGUE = RowTable(
    "league",
    "Sellers of a month",
    "One row per seller with a visit, a sale or a refund in the month, on the seller’s own days.",
    (
        Column("seller_id", "Seller", "text"),
        Column("shop_name", "Shop", "text"),
        Column("revenue_minor", "Revenue", "money", adds_up=True),
        Column("revenue_before_minor", "Month before", "money"),
        Column("order_count", "Orders", "count", adds_up=True),
        Column("units_sold", "Units", "count", adds_up=True),
        Column("visit_count", "Visits", "count", adds_up=True),
        Column("conversion", "Orders per visit", "rate"),
        Column("commission_minor", "Commission", "money", adds_up=True),
        Column("refund_minor", "Refunded", "money", adds_up=True),
        Column("churn_probability", "May leave", "rate"),
    ),
    """
    select league.seller_id, sellers.shop_name, league.revenue_minor,
        coalesce(before.revenue_minor, 0) as revenue_before_minor, league.order_count::bigint as order_count,
        league.units_sold::bigint as units_sold, league.visit_count::bigint as visit_count,
        league.order_count::float8 / nullif(league.visit_count, 0) as conversion, league.commission_minor, league.refund_minor,
        outlooks.churn_probability
    from marts.fct_league_months as league
    left join marts.dim_sellers as sellers on sellers.seller_id = league.seller_id
    left join marts.fct_league_months as before
        on before.seller_id = league.seller_id and before.sale_month = %(month_before)s and before.currency = league.currency
    left join predictions.seller_outlooks as outlooks on outlooks.seller_id = league.seller_id
    where league.sale_month = %(month)s and league.currency = %(currency)s
    """,
    ("revenue_minor", "seller_id"),
    tab="league",
    has_period=False,
)

_CUSTOMER_COLUMNS = (
    Column("customer_id", "Customer", "text"),
    Column("last_sale_date", "Last bought", "date"),
    Column("sale_day_count", "Days with orders", "count"),
    Column("usual_gap_days", "Usual gap, days", "count"),
    Column("last_period_minor", "Spent lately", "money"),
    Column("expected_minor", "Expected", "money"),
    Column("churn_probability", "May stay away", "rate"),
    Column("at_stake_minor", "At stake", "money"),
    Column("horizon_days", "Days ahead", "count"),
    Column("model_version", "Version", "text"),
    Column("computed_at", "As of", "instant"),
)
_CUSTOMERS = """
    select customer_id, last_sale_date, sale_day_count::bigint as sale_day_count,
        round(usual_gap_days)::bigint as usual_gap_days, last_period_minor, expected_minor, churn_probability, at_stake_minor,
        horizon_days::bigint as horizon_days, model_version, computed_at
    from predictions.customer_outlooks where currency = %(currency)s
"""
# To count a million rows takes longer than all else on a page; the pipeline has counted them.
_COUNTED = "select {count} from predictions.outlook_totals where subject = '{subject}' and currency = %(currency)s"
_CUSTOMERS_BY_VALUE = RowTable(
    "customers_by_value",
    "Customers by expected spend",
    "One row per customer with an order: what the version expects them to spend in the days ahead, and the probability that"
    " they order nothing.",
    _CUSTOMER_COLUMNS,
    f"{_CUSTOMERS} and expected_minor is not null",
    ("expected_minor", "customer_id"),
    tab="customers",
    has_period=False,
    # a version that learned no spending expects nothing of anybody
    counted=_COUNTED.format(subject="customers", count="entity_count")
    + f" and exists ({_CUSTOMERS} and expected_minor is not null)",
)
_CUSTOMERS_AT_STAKE = RowTable(
    "customers_at_stake",
    "Customers at stake",
    "One row per customer who ordered within the last horizon: the probability that they order nothing in the next one, times"
    " what they spent in the last.",
    _CUSTOMER_COLUMNS,
    f"{_CUSTOMERS} and at_stake_minor is not null",
    ("at_stake_minor", "customer_id"),
    tab="customers",
    has_period=False,
    counted=_COUNTED.format(subject="customers", count="judged_count"),
)

_SELLER_COLUMNS = (
    Column("seller_id", "Seller", "text"),
    Column("shop_name", "Shop", "text"),
    Column("last_sale_date", "Last sold", "date"),
    Column("sale_day_count", "Days with sales", "count"),
    Column("usual_gap_days", "Usual gap, days", "count"),
    Column("silent_days", "Silent, days", "count"),
    Column("last_period_minor", "Sold lately", "money"),
    Column("churn_probability", "May leave", "rate"),
    Column("horizon_days", "Days ahead", "count"),
    Column("model_version", "Version", "text"),
    Column("computed_at", "As of", "instant"),
)
# Names are looked up of the few sellers of a page, after all have been put in order.
_SELLERS = """
    select outlooks.seller_id,
        (select shop_name from marts.dim_sellers as sellers where sellers.seller_id = outlooks.seller_id) as shop_name,
        outlooks.last_sale_date, outlooks.sale_day_count::bigint as sale_day_count,
        round(outlooks.usual_gap_days)::bigint as usual_gap_days,
        ((outlooks.computed_at at time zone 'UTC')::date - outlooks.last_sale_date)::bigint as silent_days,
        outlooks.last_period_minor, outlooks.churn_probability, outlooks.horizon_days::bigint as horizon_days,
        outlooks.model_version, outlooks.computed_at
    from predictions.seller_outlooks as outlooks
    where outlooks.is_active and outlooks.currency = %(currency)s
"""
_SELLERS_AT_RISK = RowTable(
    "sellers_at_risk",
    "Sellers who may leave",
    "One row per seller who sold within the last horizon: the probability of no sale in the next one.",
    _SELLER_COLUMNS,
    f"{_SELLERS} and outlooks.churn_probability is not null",
    ("churn_probability", "seller_id"),
    tab="sellers",
    has_period=False,
    counted=_COUNTED.format(subject="sellers", count="judged_count"),
)
_QUIET_SELLERS = RowTable(
    "quiet_sellers",
    "Quiet sellers",
    "One row per seller who sold within the last horizon, the longest silence first: a rule, not a model.",
    _SELLER_COLUMNS,
    _SELLERS,
    ("silent_days", "seller_id"),
    tab="sellers",
    has_period=False,
    counted=_COUNTED.format(subject="sellers", count="active_count"),
)

ROW_TABLES: dict[str, RowTable] = {
    table.name: table
    for table in (
        _REVENUE, _FUNNEL, _COHORTS, _LEAGUE, _CUSTOMERS_BY_VALUE, _CUSTOMERS_AT_STAKE, _SELLERS_AT_RISK, _QUIET_SELLERS,
    )
}  # fmt: skip


def row_table(name: str) -> RowTable:
    """The table of this name.

    Raises:
        NotFoundError: there is none.
    """
    return named(ROW_TABLES, name)
