"""Daily revenue of every seller, whole days only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from marketplace.warehouse import Warehouse

COLUMNS = ("seller_id", "sale_date", "revenue_minor", "currency")

# What the seller's page reads beside the forecast. The forecast itself needs only the days in its own artefact: a
# trailing sum says less than the days it was made of.
FEATURE_SERVICE = "seller_analytics_v1"


@dataclass(frozen=True)
class TrainingSet:
    """Days that were over before `until`; `seller_days` has one row per seller and day, zeros included or left out."""

    seller_days: pd.DataFrame
    until: pd.Timestamp

    def __post_init__(self) -> None:
        if missing := sorted(set(COLUMNS) - set(self.seller_days.columns)):
            raise MissingColumnsError(f"seller days lack {', '.join(missing)}; they hold {', '.join(self.seller_days.columns)}")


@dataclass(frozen=True)
class RevenueTable:
    """Sellers × days in minor units; NaN before a seller's first day, zero on later days without sales.

    Any series by any period fits: `cycle` is how many periods a pattern takes to come round, a week's seven days here.
    """

    seller_ids: NDArray[np.str_]
    currencies: Mapping[str, str]
    days: pd.DatetimeIndex
    revenue: NDArray[np.float64]
    cycle: int = 7

    @property
    def weekdays(self) -> NDArray[np.intp]:
        """Place of each day in the cycle: its weekday, 0 is Monday."""
        return np.asarray(self.days.dayofweek, dtype=np.intp) % self.cycle

    def first(self, day_count: int) -> RevenueTable:
        """The oldest days alone, as they were known then."""
        return replace(self, days=self.days[:day_count], revenue=self.revenue[:, :day_count])


def revenue_table(training_set: TrainingSet) -> RevenueTable:
    """The table of a training set, rows in any order.

    It ends on the last day on which anybody sold anything: an import that stopped is not a shop that sells nothing.

    Raises:
        EmptyTrainingSetError: no day with revenue.
    """
    frame = training_set.seller_days
    sold = frame[frame["revenue_minor"] > 0]
    if sold.empty:
        raise EmptyTrainingSetError(
            f"seller analytics needs days with sales before {training_set.until:%Y-%m-%d %H:%M}, none of {len(frame)} rows "
            "has revenue; ingest more history or move the cutoff"
        )
    day = pd.to_datetime(frame["sale_date"])
    days = pd.date_range(day.min(), day[sold.index].max(), freq="D")
    wide = (
        frame.assign(sale_date=day, revenue_minor=frame["revenue_minor"].astype(float))
        .pivot_table(index="seller_id", columns="sale_date", values="revenue_minor", aggfunc="sum")
        .reindex(columns=days)
        .sort_index()
    )
    values = wide.to_numpy(dtype=np.float64)
    has_started = np.maximum.accumulate(~np.isnan(values), axis=1)
    values = np.where(has_started, np.nan_to_num(values), np.nan)
    currencies = frame.drop_duplicates("seller_id").set_index("seller_id")["currency"].astype(str).to_dict()
    return RevenueTable(wide.index.to_numpy(dtype=str), currencies, days, values)


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """Seller days of the marts that had ended everywhere before `until`.

    Days are those of the seller's own time zone; all sellers end on the same one, so that none has half a day.
    """
    instant = pd.Timestamp(until).isoformat()
    frame = warehouse.read(
        f"select {', '.join(COLUMNS)} from marts.fct_seller_days "
        f"where sale_date < (select min((timestamptz '{instant}' at time zone time_zone)::date) from marts.dim_sellers)"
    )
    return TrainingSet(frame, pd.Timestamp(until))
