"""What the money page and its answer of the API hold."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.days import Days
from storefront_api.analytics.figures import figures_of
from storefront_api.analytics.schemas import Figure
from storefront_api.seller_analytics import money, money_repository
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.schemas import Money, NextPayout, Payout

_PAYOUTS = 8
_AMOUNTS = ("gross_minor", "commission_minor", "refund_minor", "net_minor")


async def money_of(connection: AsyncConnection[DictRow], period: Period) -> Money:
    """The period's money step by step beside the compared days, the latest payouts and the next."""
    now = money.values_of(await money_repository.sums(connection, period.values()))
    earlier = None
    if period.compared is not None:
        earlier = money.values_of(await money_repository.sums(connection, period.values(period.compared)))
    figures = figures_of(money.STEPS, now, earlier)
    rows = await money_repository.payouts(connection, period.seller_id, limit=_PAYOUTS)
    payouts = [Payout.model_validate(row) for row in rows]
    first = payouts[0].period_end_date + timedelta(days=1) if payouts else period.known.first
    since, _ = Days(first, first).instants(period.time_zone)
    running = await money_repository.delivered(connection, period.seller_id, since=since, until=None)
    return Money(
        currency=period.currency,
        figures=figures,
        waterfall=money.waterfall_of({figure.name: figure for figure in figures}),
        payouts=payouts,
        next_payout=_next_payout(period, payouts, first, running),
        balance=await _balance(connection, period, running["net_minor"]),
    )


async def _balance(connection: AsyncConnection[DictRow], period: Period, delivered_minor: int) -> list[Figure]:
    """Where all that was earned is, and what the payouts on record leave unexplained; parts of nothing are left out."""
    now = {**await money_repository.balance(connection, period.seller_id), "delivered": delivered_minor}
    now["unexplained"] = now["earned_in_all"] - sum(now[name] for name in money.PLACES)
    figures = figures_of(money.BALANCE, now, None)
    return [figure for figure in figures if figure.value or figure.name not in ("settled", "unexplained")]


def _next_payout(period: Period, payouts: list[Payout], first: date, running: DictRow) -> NextPayout:
    """What is settled but not paid, otherwise what was delivered since the last settled day."""
    pending = [payout for payout in payouts if payout.status == "pending"]
    if pending:
        begin, last = min(one.period_start_date for one in pending), max(one.period_end_date for one in pending)
        amounts = {name: sum(getattr(one, name) for one in pending) for name in _AMOUNTS}
        expected = _paid_on(last, payouts, period)
        return NextPayout(status="pending", from_date=begin, to_date=last, expected_date=expected, **amounts)
    end = running_end(first, payouts[0], period.known.last) if payouts else None
    expected = _paid_on(end, payouts, period) if end else None
    return NextPayout(status="running", from_date=first, to_date=end, expected_date=expected, **running)


def running_end(first: date, before: Payout, today: date) -> date:
    """Last day of the payout that begins on `first` and holds `today`; payouts are as long as the one `before`.

    Weeks without a delivery have no payout, so that more than one may lie between.
    """
    length = timedelta(days=(before.period_end_date - before.period_start_date).days + 1)
    end = first + length - timedelta(days=1)
    while end < today:
        end += length
    return end


def _paid_on(end: date, payouts: list[Payout], period: Period) -> date | None:
    """So many days after its end as the last one that was paid."""
    for payout in payouts:
        if payout.paid_at is not None:
            return end + (payout.paid_at.astimezone(ZoneInfo(period.time_zone)).date() - payout.period_end_date)
    return None
