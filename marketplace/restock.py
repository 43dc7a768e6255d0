"""When to order a product again and how many: from what a week is expected to bring, the lead time and the service level.

Demand over some days is taken as negative binomial with the forecast's mean and spread, which was widened until stock for past
lead times kept its promise (models/seller_analytics/demand.py); the spread grows with the root of the days. The rule is that of
a continuously reviewed stock (Silver, Pyke & Thomas 2016, chapter 6): order when what is left covers the lead time at the service
level, and up to what covers lead time and the days that an order is to last.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

DEFAULT_LEAD_TIME_DAYS, DEFAULT_SERVICE_LEVEL, DEFAULT_COVER_DAYS = 14, 0.95, 28
# Above this mean the exact sum takes long, and the normal distribution is as good.
_EXACT_UP_TO = 400.0
# A stock that lasts longer than this has no date worth telling.
_LONGEST_DAYS = 365


@dataclass(frozen=True)
class RestockSettings:
    """Days from order to shelf, the chance to be met that nobody is sent away meanwhile, and the days an order should last."""

    lead_time_days: int = DEFAULT_LEAD_TIME_DAYS
    service_level: float = DEFAULT_SERVICE_LEVEL
    cover_days: int = DEFAULT_COVER_DAYS


@dataclass(frozen=True)
class RestockAdvice:
    """`order_on` is the day on which stock is expected to reach `reorder_point`, None where nothing is to be ordered.

    Dates more than a year away are None too.
    """

    reorder_point: int
    quantity: int
    order_on: date | None
    sold_out_on: date | None
    is_due: bool


def advise(
    weekly_units: float, weekly_deviation: float, *, units_on_hand: int, today: date, settings: RestockSettings
) -> RestockAdvice:
    """What to do about one product whose weeks bring `weekly_units` on average, give or take `weekly_deviation`."""
    lead, cover = settings.lead_time_days / 7, (settings.lead_time_days + settings.cover_days) / 7

    def wanted(weeks: float) -> int:
        return demand_quantile(weekly_units * weeks, weekly_deviation * math.sqrt(weeks), settings.service_level)

    point = wanted(lead)
    quantity = max(wanted(cover) - min(units_on_hand, point), 0)
    return RestockAdvice(
        reorder_point=point,
        quantity=quantity,
        order_on=_day(today, max(units_on_hand - point, 0), weekly_units) if quantity else None,
        sold_out_on=_day(today, units_on_hand, weekly_units),
        is_due=units_on_hand <= point and quantity > 0,
    )


def demand_quantile(mean: float, deviation: float, share: float) -> int:
    """The least whole number that demand stays within in `share` of the cases."""
    if mean <= 0:
        return 0
    variance = max(deviation**2, mean * 1.0001)
    if mean > _EXACT_UP_TO:
        return max(math.ceil(NormalDist(mean, math.sqrt(variance)).inv_cdf(share)), 0)
    size = mean**2 / (variance - mean)
    odds = mean / (mean + size)
    chance = math.exp(-size * math.log1p(mean / size))
    total, units = chance, 0
    while total < share and units < 100 * _EXACT_UP_TO:
        chance *= (units + size) / (units + 1) * odds
        units += 1
        total += chance
    return units


def _day(today: date, units: float, weekly_units: float) -> date | None:
    days = units / weekly_units * 7 if weekly_units > 0 else math.inf
    return today + timedelta(days=math.floor(days)) if days <= _LONGEST_DAYS else None
