"""Daily revenue of every seller, whole days only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from marketplace.vocabulary import FEATURE_SERVICES, ModelName
from marketplace.warehouse import Warehouse

COLUMNS = ("seller_id", "sale_date", "revenue_minor", "currency")
PRODUCT_COLUMNS = ("product_id", "seller_id", "category_id", "weeks_ago", "units_sold")

# What the seller's page reads beside the forecast. The forecast itself needs only the days in its own artefact: a
# trailing sum says less than the days it was made of.
FEATURE_SERVICE = FEATURE_SERVICES[ModelName.SELLER_ANALYTICS]


@dataclass(frozen=True)
class TrainingSet:
    """Days that were over before `until`.

    Attributes:
        seller_days: one row per seller and day, zeros included or left out.
        product_weeks: units per product and week back from the last day with sales (`weeks_ago` 0 is the newest), weeks
            with sales and the first week on which anybody saw it; in an older training set none.
    """

    seller_days: pd.DataFrame
    until: pd.Timestamp
    product_weeks: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PRODUCT_COLUMNS)))

    def __post_init__(self) -> None:
        if missing := sorted(set(COLUMNS) - set(self.seller_days.columns)):
            raise MissingColumnsError(f"seller days lack {', '.join(missing)}; they hold {', '.join(self.seller_days.columns)}")


@dataclass(frozen=True)
class SeriesTable:
    """Series × periods: revenue of sellers by day, units of products by week, or whatever a user's table adds up.

    NaN before the first sale of a series, zero in later periods without sales. `cycle` is how many periods a pattern takes
    to come round: the seven days of a week, or 1 for weeks.
    """

    keys: NDArray[np.str_]
    days: pd.DatetimeIndex
    values: NDArray[np.float64]
    cycle: int = 7

    @property
    def weekdays(self) -> NDArray[np.intp]:
        """Place of each day in the cycle: its weekday, 0 is Monday."""
        return np.asarray(self.days.dayofweek, dtype=np.intp) % self.cycle

    def weekdays_after(self, count: int) -> NDArray[np.intp]:
        """Places in the cycle of the periods after the last."""
        return np.asarray((self.weekdays[-1] + 1 + np.arange(count)) % self.cycle, dtype=np.intp)

    def first(self, day_count: int) -> SeriesTable:
        """The oldest days alone, as they were known then."""
        return replace(self, days=self.days[:day_count], values=self.values[:, :day_count])


def series_of_sellers(training_set: TrainingSet) -> SeriesTable:
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
    return SeriesTable(wide.index.to_numpy(dtype=str), days, values)


def currencies_of(training_set: TrainingSet, seller_ids: NDArray[np.str_]) -> NDArray[np.str_]:
    """The currency of each seller."""
    known = training_set.seller_days.drop_duplicates("seller_id").set_index("seller_id")["currency"]
    return np.asarray(known.reindex(seller_ids), dtype=str)


def series_of_products(training_set: TrainingSet) -> SeriesTable | None:
    """Units of each product by week, the last of which ends with the newest day with sales; None where none was sold."""
    frame = training_set.product_weeks
    if not (frame["units_sold"] > 0).any():
        return None
    keys, row = np.unique(frame["product_id"].to_numpy(dtype=str), return_inverse=True)
    weeks_ago = frame["weeks_ago"].to_numpy(dtype=int)
    count = int(weeks_ago.max()) + 1
    values = np.zeros((len(keys), count))
    np.add.at(values, (row, count - 1 - weeks_ago), frame["units_sold"].to_numpy(dtype=float))
    first = np.zeros(len(keys), dtype=int)
    np.maximum.at(first, row, weeks_ago)
    values[np.arange(count) < (count - 1 - first)[:, None]] = np.nan
    newest = series_of_sellers(training_set).days[-1] - pd.Timedelta(days=6)
    return SeriesTable(keys, pd.date_range(end=newest, periods=count, freq="7D"), values, cycle=1)


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """Days of sellers and weeks of products in the marts that had ended everywhere before `until`.

    Days are those of the seller's own time zone; all sellers end on the same one, so that none has half a day.
    """
    instant = pd.Timestamp(until).isoformat()
    cut = f"(select min((timestamptz '{instant}' at time zone time_zone)::date) from marts.dim_sellers)"
    days = warehouse.read(f"select {', '.join(COLUMNS)} from marts.fct_seller_days where sale_date < {cut}")
    return TrainingSet(days, pd.Timestamp(until), warehouse.read(_PRODUCT_WEEKS.format(cut=cut, weeks=_MOST_WEEKS)))


# Nothing older moves a level any more, or teaches the trees what is still so.
_MOST_WEEKS = 156
_PRODUCT_WEEKS = """
with last_day as (
    select max(sale_date) as sale_date from marts.fct_seller_days where revenue_minor > 0 and sale_date < {cut}
),
weeks as (
    select days.product_id, (last_day.sale_date - days.sale_date) / 7 as weeks_ago,
        sum(days.units_sold)::integer as units_sold
    from marts.fct_product_days as days cross join last_day
    where days.sale_date <= last_day.sale_date and days.sale_date > last_day.sale_date - 7 * {weeks}
    group by 1, 2
),
seen as (
    select *, weeks_ago = max(weeks_ago) over (partition by product_id) as is_first from weeks
)
select seen.product_id, products.seller_id, products.category_id, seen.weeks_ago, seen.units_sold
from seen inner join marts.dim_products as products on products.product_id = seen.product_id
where seen.units_sold > 0 or seen.is_first
"""
