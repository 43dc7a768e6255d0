"""How a seller serves, measured as large marketplaces measure it: trailing windows, targets, and whether figures are mature.

Shares are of orders by the day of the order, so that what went wrong stays with the order it belongs to. Defects become known
late: an order counts as mature `MATURE_DAYS` after it, and a younger window looks better than it will turn out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.proportions import exact_interval
from storefront_api.analytics.days import Days
from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.stars import STARS, Stars, stars_of

MATURE_DAYS = 90
FEWEST = 5
Status = Literal["good", "warn", "bad", "unknown"]


@dataclass(frozen=True)
class Measure:
    """A share of `part` among `whole` in a window that ends `lag` days before the last day with figures.

    Args:
        is_ceiling: the share is to stay under `target`; otherwise over it.
        rows: name of the row table with what was counted.
    """

    name: str
    label: str
    target: float
    is_ceiling: bool
    days: int
    lag: int
    rows: str
    counted: str
    words: str


MEASURES = (
    Measure(
        "defects", "Orders with a defect", 0.01, True, 60, 0, "service_orders", "orders",
        "Of the paid orders of the last 60 days, those given one or two stars, or with money back though they were not"
        " cancelled, so far. Payments that a bank took back are not counted: they are treated as fraud, not as a fault of yours.",
    ),
    Measure(
        "late", "Shipped late", 0.04, True, 30, 0, "service_orders", "orders due",
        "Of the paid orders of the last 30 days that were shipped, or were to be by now, those shipped after the promised"
        " instant or still waiting past it.",
    ),
    Measure(
        "cancelled", "Cancelled before shipping", 0.025, True, 7, 0, "service_orders", "orders",
        "Of the paid orders of the last 7 days, those cancelled before they were shipped, by whomever.",
    ),
    Measure(
        "tracked", "Delivery traced", 0.95, False, 30, 14, "service_orders", "orders shipped",
        "Of the orders of 30 days that ended two weeks ago and were shipped, those whose arrival is on record. The shop keeps no"
        " carrier's number: that shipping and arrival are both on record is what can be said of tracking.",
    ),
    Measure(
        "replies", "Answered within 24 hours", 0.95, False, 90, 0, "questions", "questions",
        "Of the questions of the last 90 days that are at least 24 hours old, those answered within 24 hours. Several messages in"
        " a row are one question.",
    ),
)  # fmt: skip


_SOURCES = {"service_orders": "fct_seller_orders", "questions": "fct_seller_questions"}
DEFINITIONS = (
    *(
        FigureDefinition(f"service_{one.name}", one.label, "rate", one.words, f"marts.{_SOURCES[one.rows]}", one.rows)
        for one in MEASURES
    ),
    STARS,
)


@dataclass(frozen=True)
class Measured:
    """One measure now: its counts, the share with its 95 % interval, how it stands, and the days that were counted.

    `status` is `warn` where the target is missed by no more than chance explains, `unknown` below `FEWEST`.
    """

    measure: Measure
    days: Days
    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None
    status: Status


@dataclass(frozen=True)
class Month:
    """Orders of a month and what became of them so far; `is_mature` once the last of them is old enough.

    `last` is the last day that is counted: that of the month, or the last one with figures.
    """

    month: date
    last: date
    order_count: int
    defect_count: int
    late_count: int
    due_count: int
    cancelled_count: int
    is_mature: bool


@dataclass(frozen=True)
class Performance:
    """Everything that the service page says; `mature_defects` are those of the newest 60 days that are mature."""

    measures: list[Measured]
    mature_defects: Measured
    known_within_30_days: float | None
    reply_hours: float | None
    stars: Stars
    months: list[Month]


def window(measure: Measure, last: date, *, older_by: int = 0) -> Days:
    """The days that a measure counts when `last` is the last day with figures."""
    end = last - timedelta(days=measure.lag + older_by)
    return Days(end - timedelta(days=measure.days - 1), end)


def judged(measure: Measure, days: Days, part: int, whole: int) -> Measured:
    """The share and how it stands to its target."""
    if whole < FEWEST:
        return Measured(measure, days, part, whole, None, None, None, "unknown")
    share, (low, high) = part / whole, exact_interval(part, whole)
    is_met = share < measure.target if measure.is_ceiling else share > measure.target
    may_be_chance = low < measure.target if measure.is_ceiling else high > measure.target
    return Measured(measure, days, part, whole, share, low, high, "good" if is_met else "warn" if may_be_chance else "bad")


# What became of each paid order so far. Late is also what waits past its promise at the end of the days with figures.
ORDERS = """
    select ordered_at, order_id, sale_date, ship_by_at, shipped_at, delivered_at, cancelled_at, refunded_at, poorly_reviewed_at,
        least(refunded_at, poorly_reviewed_at) as defect_at,
        (least(refunded_at, poorly_reviewed_at) is not null)::integer as defect_count,
        (is_due and coalesce(shipped_at, %(known_until)s) > ship_by_at)::integer as late_count,
        is_due::integer as due_count,
        (cancelled_at is not null and shipped_at is null)::integer as cancelled_count,
        (shipped_at is not null)::integer as shipped_count,
        (shipped_at is not null and delivered_at is not null)::integer as traced_count
    from (
        select *, ship_by_at is not null
            and (shipped_at is not null or (cancelled_at is null and ship_by_at < %(known_until)s)) as is_due
        from marts.fct_seller_orders
        where seller_id = %(seller_id)s and was_approved and sale_date between %(first)s and %(last)s
    ) as orders
"""
# A younger question may still be answered in time.
QUESTIONS = """
    select asked_at, message_id, order_id, answered_at,
        round(extract(epoch from answered_at - asked_at) / 60)::bigint as reply_minutes,
        coalesce(answered_at - asked_at <= interval '24 hours', false)::integer as answered_in_time_count
    from marts.fct_seller_questions
    where seller_id = %(seller_id)s and asked_at >= %(since)s and asked_at < %(until)s
        and asked_at < %(known_until)s - interval '24 hours'
"""
_PARTS = {
    "defects": ("defect_count", None),
    "late": ("late_count", "due_count"),
    "cancelled": ("cancelled_count", None),
    "tracked": ("traced_count", "shipped_count"),
    "replies": ("answered_in_time_count", None),
}


async def performance(connection: AsyncConnection[DictRow], period: Period) -> Performance:
    """The measures as of the last day with figures, whatever days are looked at elsewhere."""
    last, defects = period.known.last, MEASURES[0]
    mature = await _measured(connection, period, defects, window(defects, last, older_by=MATURE_DAYS))
    return Performance(
        measures=await measures(connection, period),
        mature_defects=mature,
        known_within_30_days=await _known_within_30_days(connection, period),
        reply_hours=await _reply_hours(connection, period),
        stars=await stars_of(connection, period),
        months=await _months(connection, period),
    )


async def measures(connection: AsyncConnection[DictRow], period: Period) -> list[Measured]:
    """Each of `MEASURES` as of the last day with figures: what the overview and the service page both show."""
    last = period.known.last
    return [await _measured(connection, period, measure, window(measure, last)) for measure in MEASURES]


async def _measured(connection: AsyncConnection[DictRow], period: Period, measure: Measure, days: Days) -> Measured:
    part, whole = _PARTS[measure.name]
    counted = f"sum({whole})" if whole else "count(*)"
    found = QUESTIONS if measure.rows == "questions" else ORDERS
    query = f"select coalesce(sum({part}), 0)::int as part, coalesce({counted}, 0)::int as whole from ({found}) as found"
    row = await (await connection.execute(query, period.values(days))).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return judged(measure, days, row["part"], row["whole"])


async def _months(connection: AsyncConnection[DictRow], period: Period) -> list[Month]:
    """The last twelve months that have begun, those without orders left out."""
    last = period.known.last
    first = (last.replace(day=1) - timedelta(days=330)).replace(day=1)
    query = f"""
        select date_trunc('month', sale_date)::date as month,
            least((date_trunc('month', sale_date) + interval '1 month')::date - 1, %(last)s::date) as last,
            count(*)::int as order_count,
            sum(defect_count)::int as defect_count, sum(late_count)::int as late_count,
            sum(due_count)::int as due_count, sum(cancelled_count)::int as cancelled_count,
            (date_trunc('month', sale_date) + interval '1 month')::date - 1 <= %(last)s::date - {MATURE_DAYS} as is_mature
        from ({ORDERS}) as orders group by 1, 2, is_mature order by 1
    """
    found = await (await connection.execute(query, period.values(Days(first, last)))).fetchall()  # type: ignore[arg-type]
    return [Month(**row) for row in found]


async def _known_within_30_days(connection: AsyncConnection[DictRow], period: Period) -> float | None:
    """Of the defects of mature orders of a year, the share that was known 30 days after the order; None below ten."""
    end = period.known.last - timedelta(days=MATURE_DAYS)
    query = f"""
        select count(*)::int as whole, (count(*) filter (where defect_at < ordered_at + interval '30 days'))::int as part
        from ({ORDERS}) as orders where defect_count = 1
    """
    row = await (await connection.execute(query, period.values(Days(end - timedelta(days=364), end)))).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row["part"] / row["whole"] if row["whole"] >= 2 * FEWEST else None


async def _reply_hours(connection: AsyncConnection[DictRow], period: Period) -> float | None:
    """The median hours until a reply, of the counted questions that have one; None where they are too few."""
    days = window(MEASURES[-1], period.known.last)
    query = f"""
        select count(*)::int as whole,
            (percentile_cont(0.5) within group (order by extract(epoch from answered_at - asked_at)) / 3600)::float8 as hours
        from ({QUESTIONS}) as questions where answered_at is not null
    """
    row: Mapping[str, Any] | None = await (await connection.execute(query, period.values(days))).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row["hours"] if row["whole"] >= FEWEST else None
