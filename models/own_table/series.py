"""Sales of any table as series by day or week: gaps are zeros, a series begins with its first sale."""

from datetime import timedelta
from enum import StrEnum

import numpy as np
import pandas as pd
import polars as pl

from marketplace.errors import EmptyTrainingSetError
from models.seller_analytics.dataset import SeriesTable
from models.tables import Table

# So many weeks may be odd ones, with holidays at an end, before an early end stops meaning that the table was cut.
_ODD_WEEKS = 0.05


class Frequency(StrEnum):
    """A week begins on Monday and is named by it."""

    DAY = "day"
    WEEK = "week"


def series_table(
    table: Table, frequency: Frequency, *, least_periods: int, most_series: int, most_periods: int, seed: int
) -> tuple[SeriesTable, dict[str, int]]:
    """Keys × periods, and how many series and periods were left out.

    Values of a period are added up; where returns outweigh sales it counts as zero. A week that the table cuts short at
    either end is left out. Series with sales in fewer than `least_periods` periods can never be foretold and take no
    memory; of more than `most_series` others so many are drawn; only the newest `most_periods` are kept.

    Raises:
        EmptyTrainingSetError: nothing was sold, or by too few.
    """
    rows = table.frame.select("key", "value", pl.col("time").dt.date().alias("day"))
    if frequency is Frequency.WEEK:
        rows = rows.with_columns(pl.col("day").dt.truncate("1w").alias("period"))
        rows, cut_short = _whole_weeks(rows)
    else:
        rows, cut_short = rows.with_columns(pl.col("day").alias("period")), 0
    sums = rows.group_by("key", "period").agg(pl.col("value").sort().sum())
    below = sums.filter(pl.col("value") < 0).height
    sold = sums.filter(pl.col("value") > 0).with_columns(pl.col("key").cast(pl.String))
    active = sold.group_by("key").len().sort("key")
    if active.is_empty():
        raise EmptyTrainingSetError(
            f"nothing was sold: the values of each of {sums.height:,} {frequency}s of series add up to zero or less; "
            "name the column of units or money sold as --value"
        )
    keys = active.filter(pl.col("len") >= least_periods)["key"]
    if keys.is_empty():
        raise EmptyTrainingSetError(
            f"none of {active.height:,} series has sales in {least_periods} {frequency}s or more: nothing can be foretold; "
            "bring a longer table, or a --key that groups more"
        )
    kept = keys
    if len(keys) > most_series:
        kept = keys.gather(np.sort(np.random.default_rng(seed).permutation(len(keys))[:most_series]))
    last = sold["period"].max()
    step = timedelta(days=7 if frequency is Frequency.WEEK else 1)
    first = max(sold["period"].min(), last - step * (most_periods - 1))  # type: ignore[type-var, operator]
    periods = pd.date_range(first, last, freq=step)
    sold = sold.filter(pl.col("key").is_in(kept.implode()))
    starts = sold.group_by("key").agg(pl.col("period").min()).sort("key")["period"]
    inside = sold.filter(pl.col("period") >= first)
    at_row = inside["key"].cast(pl.Enum(kept)).to_physical().to_numpy()
    at_period = ((inside["period"] - first).dt.total_days() // step.days).to_numpy()  # type: ignore[operator]
    values = np.zeros((len(kept), len(periods)))
    values[at_row, at_period] = inside["value"].to_numpy()
    begins = np.maximum(((starts - first).dt.total_days() // step.days).to_numpy(), 0)  # type: ignore[operator]
    values[np.arange(len(periods)) < begins[:, None]] = np.nan
    ids = kept.to_numpy().astype(str)
    facts = {
        "series": len(kept),
        "series_with_too_few_sales": active.height - len(keys),
        "series_not_drawn": len(keys) - len(kept),
        "periods": len(periods),
        "weeks_cut_short": cut_short,
        "sums_below_zero": below,
    }
    cycle = 1 if frequency is Frequency.WEEK else 7
    return SeriesTable(ids, periods, values, cycle), facts


def _whole_weeks(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Without a first week that the table begins later in, or a last one that it ends earlier in, than weeks almost ever do."""
    weeks = rows.group_by("period").agg(
        pl.col("day").min().dt.weekday().alias("begins"), pl.col("day").max().dt.weekday().alias("ends")
    )
    weeks = weeks.sort("period")
    if weeks.height < 3:
        return rows, 0
    begins, ends = weeks["begins"].to_numpy(), weeks["ends"].to_numpy()
    drop = []
    if begins[0] > np.quantile(begins[1:], 1 - _ODD_WEEKS, method="higher"):
        drop.append(weeks["period"][0])
    if ends[-1] < np.quantile(ends[:-1], _ODD_WEEKS, method="lower"):
        drop.append(weeks["period"][-1])
    return rows.filter(~pl.col("period").is_in(drop)), len(drop)
