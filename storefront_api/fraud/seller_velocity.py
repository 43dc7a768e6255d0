"""The part of checkout's one question that counts what was tried at a seller's goods.

Short windows read the attempts themselves. Of the long ones, which are in whole hours, most is added up beforehand
(`storefront_api.fraud.seller_hours`): an hour knows how many accounts and cards were last met in it, so as many different ones
came since an hour as were last met in it or later. What is not added up yet is read, and adds those that were not met since.
One statement reads both, so nothing is missed or counted twice. Where the sums cannot answer, because they reach past the end of
the windows or not back to their beginning, everything is read.
"""

from collections import defaultdict
from datetime import UTC, datetime

from marketplace.velocity_counters import (
    AMOUNT,
    ATTEMPTS,
    COUNTERS,
    IDENTITY_COLUMNS,
    SELLER,
    SELLER_LAG,
    WINDOWS,
    Counter,
    first_hour,
)

COUNTERS_OF_SELLER = tuple(counter for counter in COUNTERS if SELLER in counter.shared)
_IN_HOURS = {counter.window: counter.is_in_hours for counter in COUNTERS_OF_SELLER}
# From the shortest to the longest.
_SHORT = [name for name, span in WINDOWS.items() if _IN_HOURS.get(span) is False]
_LONG = [name for name, span in WINDOWS.items() if _IN_HOURS.get(span)]
LONGEST = WINDOWS[_LONG[-1]]
# The column of `shop.seller_hours` that holds what an hour adds to a counter.
_ADDED_UP = {ATTEMPTS: "attempt_count", AMOUNT: "amount_minor", "customer": "last_customer_count", "card": "last_card_count"}
_READ, _HOURS = "read_of_seller", "hours_of_seller"


def seller_windows(at: datetime) -> dict[str, datetime]:
    """The parameters of `SELLER_STEPS` and `SELLER_COUNTS` beside `seller_id`: where an attempt's windows begin and end."""
    at = at.astimezone(UTC)  # elsewhere a day may have 23 hours
    begins = {f"begin_{name}": first_hour(WINDOWS[name], at) for name in _LONG}
    return begins | {f"after_{name}": at - WINDOWS[name] for name in _SHORT} | {"seller_end": at - SELLER_LAG}


def counted_where(counted: str, condition: str) -> str:
    """SQL that counts, or adds up, what fits the condition."""
    if counted == ATTEMPTS:
        return f"count(*) filter (where {condition})"
    if counted == AMOUNT:
        return f"coalesce(sum(amount_minor) filter (where {condition}), 0)::bigint"
    return f"count(distinct {IDENTITY_COLUMNS[counted]}) filter (where {condition})"


def _steps() -> str:
    flags = [f"attempted_at > %(after_{name})s as in_{name}" for name in _SHORT]
    # Of the long windows only what is not added up yet.
    until = "(select added_up_until from added_up)"
    flags += [f"attempted_at >= greatest({until}, %(begin_{name})s) as in_{name}" for name in _LONG]
    return f"""
        added_up as materialized (
            select added_up_until from shop.seller_hours_added_up
            where added_up_from <= %(begin_{_LONG[-1]})s and added_up_until <= %(seller_end)s
        ), {_READ} as materialized (
            select customer_id, card_token, amount_minor, attempted_at, {", ".join(flags)}
            from shop.payment_attempts
            where seller_id = %(seller_id)s and attempted_at < %(seller_end)s
                and attempted_at >= least(%(after_{_SHORT[-1]})s, greatest({until}, %(begin_{_LONG[-1]})s))
        ), {", ".join(map(_met, ("customer", "card")))}, {_HOURS} as materialized (
            select * from shop.seller_hours
            where seller_id = %(seller_id)s and hour >= %(begin_{_LONG[-1]})s and hour < {until}
        )
    """


def _met(who: str) -> str:
    """A step with the different ones among the attempts that are not added up, and the hour in which each was met before."""
    column = IDENTITY_COLUMNS[who]
    return f"""
        {_met_name(who)} as materialized (
            select max(attempted_at) as last_at, (
                select last_hour from added_up, shop.seller_last_hours as met
                where met.seller_id = %(seller_id)s and met.kind = '{who}' and met.value = {_READ}.{column}
            ) as last_hour
            from {_READ} where in_{_LONG[-1]} and {column} is not null group by {column}
        )
    """


def _met_name(who: str) -> str:
    return f"{who}s_of_seller"


def _parts(counter: Counter) -> dict[str, str]:
    """The steps of which a counter is the sum, and how each is counted."""
    name = next(name for name, span in WINDOWS.items() if span == counter.window)
    read = counted_where(counter.counted, f"in_{name}")
    if not counter.is_in_hours:
        return {_READ: read}
    begin = f"%(begin_{name})s"
    hours = f"coalesce(sum({_ADDED_UP[counter.counted]}) filter (where hour >= {begin}), 0)::bigint"
    if counter.counted not in IDENTITY_COLUMNS:
        return {_READ: read, _HOURS: hours}
    is_new = f"last_at >= {begin} and coalesce(last_hour, '-infinity') < {begin}"
    return {_met_name(counter.counted): f"count(*) filter (where {is_new})", _HOURS: hours}


def _counts() -> str:
    sums, columns = [], defaultdict(list)
    for counter in COUNTERS_OF_SELLER:
        parts = _parts(counter)
        sums.append(f"{' + '.join(f'{step}.{counter.name}' for step in parts)} as {counter.name}")
        for step, counted in parts.items():
            columns[step].append(f"{counted} as {counter.name}")
    rows = [f"(select {', '.join(counted)} from {step}) as {step}" for step, counted in columns.items()]
    return f"select {', '.join(sums)} from {' cross join '.join(rows)}"


SELLER_STEPS = _steps()
SELLER_COUNTS = _counts()
