"""How fast each attempt's connection moved since the customer's last one, for a whole history; checkout asks the same."""

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace import travel
from models.request_risk_columns import great_circle_kms

if TYPE_CHECKING:
    import polars as pl  # by the training alone, as in `sorting.py`

_COLUMNS = ["customer_id", "attempted_at", "payment_attempt_id", "ip_latitude", "ip_longitude"]
_MICROSECOND = timedelta(microseconds=1)


def travel_kmh(attempts: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Kilometres an hour per attempt, in the order given; NaN where either place is unknown or nothing earlier is.

    The last attempt is the customer's newest at an earlier instant of 90 days whose place is known, of those at one instant the
    one with the highest id.

    Args:
        attempts: `customer_id`, `attempted_at` (UTC), `payment_attempt_id`, `ip_latitude` and `ip_longitude` in degrees.
    """
    moves = _moves(attempts)
    found = np.full(len(attempts), np.nan)
    place, took, *places = moves.to_numpy().T
    hours = np.maximum(took, travel.SHORTEST / _MICROSECOND) / (timedelta(hours=1) / _MICROSECOND)
    found[place.astype(np.intp)] = great_circle_kms(*places) / hours
    return found


def _moves(attempts: pd.DataFrame) -> "pl.DataFrame":
    """`place` of each attempt that has a last one, microseconds since that, and the coordinates of both."""
    import polars as pl

    rows = pl.from_pandas(attempts[_COLUMNS]).with_row_index("place").with_columns(at=pl.col("attempted_at").dt.epoch("us"))
    rows = rows.filter(pl.col("ip_latitude").is_not_null() & pl.col("ip_longitude").is_not_null())
    moments = rows.sort("customer_id", "at", "payment_attempt_id").unique(["customer_id", "at"], keep="last", maintain_order=True)
    before = [pl.col(name).shift().over("customer_id").alias(f"last_{name}") for name in ("at", "ip_latitude", "ip_longitude")]
    moments = moments.select("customer_id", "at", *before)
    moves = rows.join(moments, on=["customer_id", "at"], how="inner").with_columns(took=pl.col("at") - pl.col("last_at"))
    return moves.filter(pl.col("took") < travel.LOOK_BACK // _MICROSECOND).select(
        "place", "took", "last_ip_latitude", "last_ip_longitude", "ip_latitude", "ip_longitude"
    )
