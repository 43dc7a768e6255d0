"""The seller analytics service: what a seller's next days are likely to bring."""

from datetime import date
from typing import Literal

from pydantic import Field

from marketplace.contracts.answer import Answer, Contract


class ForecastRequest(Contract):
    """One seller, some days ahead."""

    seller_id: str
    horizon_days: int = Field(default=28, ge=1, le=56)


class ForecastDay(Contract):
    """Revenue of one day in minor units: the expected value and two bands."""

    day: date
    revenue_minor: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


class ForecastResponse(Answer):
    """`not_enough_data` comes without days: an honest blank instead of a number."""

    seller_id: str
    status: Literal["ok", "not_enough_data"]
    currency: str | None = None
    days: list[ForecastDay] = Field(default_factory=list)
    method: str | None = None
    last_period_wape: float | None = None
    last_period_bias: float | None = None
    message: str | None = None
