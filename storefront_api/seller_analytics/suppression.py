"""What is not said because too few people stand behind it. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass

FEWEST_CUSTOMERS = 5


@dataclass(frozen=True)
class Group:
    """Customers who share something, with what they bought; `name` is None for all small groups together."""

    name: str | None
    customer_count: int
    order_count: int
    revenue_minor: int


def fold_small(groups: Iterable[Group], *, fewest: int = FEWEST_CUSTOMERS) -> list[Group]:
    """The groups of at least `fewest` customers, largest first, then one of all others together.

    The rest must be large enough too, or it could be found out by subtraction: until it is, the smallest group that could be
    shown joins it. Nothing is shown where even all together are fewer.
    """
    ordered = sorted(groups, key=lambda one: (-one.customer_count, one.name or ""))
    shown = [one for one in ordered if one.customer_count >= fewest]
    rest = [one for one in ordered if one.customer_count < fewest]
    while rest and shown and sum(one.customer_count for one in rest) < fewest:
        rest.append(shown.pop())
    if not rest:
        return shown
    together = Group(
        None,
        sum(one.customer_count for one in rest),
        sum(one.order_count for one in rest),
        sum(one.revenue_minor for one in rest),
    )
    return [*shown, together] if together.customer_count >= fewest else shown
