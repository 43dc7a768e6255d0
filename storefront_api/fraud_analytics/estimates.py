"""What the score's own probabilities estimate of each week, beside what labels realised: estimates at once, labels weeks later.

The estimate is that of calibrated probabilities (`marketplace.estimated_performance`). A week is mature once silence about each
of its attempts means legitimate; then both are of the same attempts, and where they part by more than chance the score is no
longer calibrated, nor the estimate of younger weeks to be trusted. `drift/fraud_realised` of the pipeline watches the same.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.estimated_performance import Estimate, estimated_performance, realised_performance
from storefront_api.fraud_analytics import repository
from storefront_api.fraud_analytics.figures import share
from storefront_api.fraud_analytics.judged import LABELS_MATURE_AFTER
from storefront_api.fraud_analytics.label_lag import known_share, label_lag
from storefront_api.fraud_analytics.periods import Period
from storefront_api.fraud_analytics.schemas import Estimated, Estimates, LabelLag, Reliability, Weeks

Rows = Sequence[Mapping[str, Any]]
_BANDS = (0.0, 0.05, 0.2, 0.5, 0.8, 1.0)
_FIGURES = ("frauds", "average_precision", "precision", "recall")


async def estimates(connection: AsyncConnection[DictRow], period: Period) -> Estimates:
    """The weeks of the period, the newest first, the mature and the others taken together, and how late news comes."""
    rows = await repository.scored(connection, period)
    lag = label_lag(await repository.label_lags(connection, period))
    # Hundreds of draws for each week are seconds of arithmetic: other requests go on meanwhile.
    return await asyncio.to_thread(summed_up, rows, lag, first=period.first, last=period.last, today=period.today)


def summed_up(rows: Rows, lag: LabelLag, *, first: date, last: date, today: date) -> Estimates:
    """The same of counted groups.

    Args:
        rows: groups of attempts by `monday` of their week and `probability`, the most probable first within a week.
        first, last: the period, which cuts its first and last week short.
    """

    def weeks(mondays: Sequence[date], *, is_mature: bool) -> Weeks:
        start, end = max(mondays[0], first), min(mondays[-1] + timedelta(days=6), last)
        found = [row for row in rows if row["monday"] in mondays]
        groups = found if len(mondays) == 1 else _merged(found)
        return _weeks(groups, start, end, is_mature=is_mature, known_share=known_share(lag, start, end, today=today))

    mondays = sorted({row["monday"] for row in rows})
    mature = [monday for monday in mondays if min(monday + timedelta(days=6), last) + LABELS_MATURE_AFTER < today]
    young = [monday for monday in mondays if monday not in mature]
    return Estimates(
        from_date=first,
        to_date=last,
        young=weeks(young, is_mature=False) if young else None,
        mature=weeks(mature, is_mature=True) if mature else None,
        weeks=[weeks([monday], is_mature=monday in mature) for monday in mondays[::-1]],
        reliability=_reliability([row for row in rows if row["monday"] in mature]),
        label_lag=lag,
    )


def _merged(rows: Rows) -> list[dict[str, Any]]:
    """Groups of several weeks with nearly the same probability as one: draws cost by the group."""
    together: dict[tuple[bool, float], list[Mapping[str, Any]]] = {}
    for row in rows:
        together.setdefault((row["is_high"], round(row["probability"], 3)), []).append(row)
    merged = []
    for (is_high, _), alike in together.items():
        sums = {name: sum(row[name] for row in alike) for name in ("attempts", "known", "frauds")}
        probability = sum(row["probability"] * row["attempts"] for row in alike) / sums["attempts"]
        merged.append({"is_high": is_high, "probability": probability, **sums})
    return merged


def _weeks(rows: Rows, first: date, last: date, *, is_mature: bool, known_share: float | None) -> Weeks:
    counted = "known" if is_mature else "attempts"
    ordered = sorted((row for row in rows if row[counted]), key=lambda row: -row["probability"])
    count, known, frauds = (np.array([row[name] for row in ordered], dtype=np.int64) for name in (counted, "known", "frauds"))
    is_high = np.array([row["is_high"] for row in ordered], dtype=np.bool_)
    estimated = estimated_performance(count, [row["probability"] for row in ordered], is_high)
    realised = realised_performance(known, frauds, is_high)
    # Of young weeks only frauds can be told, as so many so far: their rates would be those of quick news.
    told = _FIGURES if is_mature and known.any() else () if is_mature else ("frauds",)
    figures = {name: (getattr(estimated, name), getattr(realised, name) if name in told else None) for name in _FIGURES}
    return Weeks(
        from_date=first,
        to_date=last,
        attempts=sum(row["attempts"] for row in rows),
        known=sum(row["known"] for row in rows),
        is_mature=is_mature,
        known_share=known_share,
        is_calibrated=_is_calibrated(figures.values()) if is_mature else None,
        **{name: _estimated(*figure, is_mature=is_mature) for name, figure in figures.items()},
    )


def _is_calibrated(figures: Iterable[tuple[Estimate | None, float | None]]) -> bool | None:
    told = [one.lowest <= realised <= one.highest for one, realised in figures if one and realised is not None]
    return all(told) if told else None


def _estimated(estimate: Estimate | None, realised: float | None, *, is_mature: bool) -> Estimated:
    if estimate is None:
        return Estimated(estimated=None, low=None, high=None, realised=realised, is_within_chance=None)
    is_within_chance = estimate.low <= realised <= estimate.high if is_mature and realised is not None else None
    return Estimated(
        estimated=estimate.value, low=estimate.low, high=estimate.high, realised=realised, is_within_chance=is_within_chance
    )


def _reliability(rows: Rows) -> list[Reliability]:
    """Known attempts of mature weeks by their probability, the likeliest frauds first."""
    found = []
    for lowest, highest in zip(_BANDS[-2::-1], _BANDS[:0:-1], strict=True):
        within = [row for row in rows if row["known"] and lowest <= row["probability"] < highest + (highest == 1.0)]
        known = sum(row["known"] for row in within)
        estimated = sum(row["probability"] * row["known"] for row in within) / known if known else None
        found.append(
            Reliability(
                lowest=lowest, highest=highest, estimated=estimated, realised=share(sum(row["frauds"] for row in within), known)
            )
        )
    return found
