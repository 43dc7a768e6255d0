"""What is not said because too few people stand behind it."""

FEWEST_CUSTOMERS = 5
# A mean of fewer reviews is not drawn.
FEWEST_REVIEWS = 3


def fold_small(groups: str, *, fewest: int = FEWEST_CUSTOMERS) -> str:
    """SQL: the groups of at least `fewest` customers, and one of all others together, whose name is null.

    The rest must be large enough too, or it could be found out by subtraction: until it is, the smallest group that could be
    told joins it. Nothing is told where even all together are fewer.

    Args:
        groups: a query of `name`, unique and never null, `customer_count`, `order_count` and `revenue_minor`.
    """
    return f"""
        select name, sum(customer_count)::int as customer_count, sum(order_count)::int as order_count,
            sum(revenue_minor)::bigint as revenue_minor
        from (
            select case when customer_count >= {fewest} and smaller_count not between 1 and {fewest - 1} then name end as name,
                customer_count, order_count, revenue_minor
            from (
                select *, coalesce(sum(customer_count) over (
                    order by customer_count, name collate "C" desc rows between unbounded preceding and 1 preceding
                ), 0) as smaller_count
                from ({groups}) as known
            ) as walked
        ) as folded
        group by name having sum(customer_count) >= {fewest}
    """
