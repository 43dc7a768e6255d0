"""Rows of a training frame as the requests that checkout would have sent, and as the facts that rules look at."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace import fraud_rules
from marketplace.contracts.fraud import FraudScoreRequest, Velocity
from marketplace.fraud_rules.columns import fact_columns, fired, total_points
from models.fraud.velocity import VELOCITY_COLUMNS


def rule_points(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The points that the shipped rules give to each attempt of a training frame."""
    rule_set = fraud_rules.shipped()
    age = (frame["attempted_at"] - pd.to_datetime(frame["signed_up_at"], utc=True)).dt.total_seconds()
    columns = {name: frame[name] for name in frame.columns} | {"account_age_seconds": age.where(age >= 0)}
    facts = fact_columns(len(frame), columns, rule_set.fields())
    return total_points(rule_set, fired(rule_set, facts), facts).astype(np.float64)


def requests(frame: pd.DataFrame) -> list[FraudScoreRequest]:
    """Each row as the request that checkout would have sent; rows are trusted, so nothing is validated again."""
    fields = [name for name in FraudScoreRequest.model_fields if name in frame]
    # Missing values of every kind become None, as in a request.
    rows = frame[fields].astype(object).where(frame[fields].notna(), None).to_dict("records")
    counters = frame[list(VELOCITY_COLUMNS)].astype("int64").to_dict("records")
    return [_request(row, counts) for row, counts in zip(rows, counters, strict=True)]


def _request(row: dict[Any, Any], counts: dict[Any, Any]) -> FraudScoreRequest:
    return FraudScoreRequest.model_construct(**row, velocity=Velocity.model_construct(**counts))
