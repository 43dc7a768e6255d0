"""Rows of a training frame as the requests that checkout would have sent, so that the rules see what they see live."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace import fraud_rules
from marketplace.contracts.fraud import FraudScoreRequest, Velocity
from models.fraud.velocity import VELOCITY_COLUMNS


def rule_points(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The points that `marketplace.fraud_rules` gives to each attempt of a training frame."""
    return np.array([float(fraud_rules.points(fraud_rules.hits(request))) for request in requests(frame)])


def requests(frame: pd.DataFrame) -> list[FraudScoreRequest]:
    """Each row as the request that checkout would have sent; rows are trusted, so nothing is validated again."""
    fields = [name for name in FraudScoreRequest.model_fields if name in frame]
    # Missing values of every kind become None, as in a request.
    rows = frame[fields].astype(object).where(frame[fields].notna(), None).to_dict("records")
    counters = frame[list(VELOCITY_COLUMNS)].astype("int64").to_dict("records")
    return [_request(row, counts) for row, counts in zip(rows, counters, strict=True)]


def _request(row: dict[Any, Any], counts: dict[Any, Any]) -> FraudScoreRequest:
    return FraudScoreRequest.model_construct(**row, velocity=Velocity.model_construct(**counts))
