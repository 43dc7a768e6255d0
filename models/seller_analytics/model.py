"""The fitted forecaster: what a seller's next days are likely to bring, or an honest blank."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.forecast import Expectation, Floats, Recipe
from models.seller_analytics.forecaster import Forecaster
from models.seller_analytics.intervals import Bands
from models.seller_analytics.pooled import PooledTrees

METHOD, TREND, YEAR = "smoothed level × weekday pattern", " × trend", " × course of earlier years"


@dataclass(frozen=True)
class ForecastDay:
    """Expected revenue of one day in minor units, with two bands."""

    day: date
    revenue_minor: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


@dataclass(frozen=True)
class Forecast:
    """`not_enough_data` comes without days and with a message that says what is missing."""

    status: Literal["ok", "not_enough_data"]
    currency: str | None = None
    days: tuple[ForecastDay, ...] = ()
    method: str | None = None
    last_period_wape: float | None = None
    last_period_bias: float | None = None
    message: str | None = None


@dataclass(frozen=True)
class SellerAnalyticsModel:
    """Arrays over `seller_ids`, as of `last_day`.

    Attributes:
        history_days, active_days: since the first sale, and with sales among the last `recent_days`.
        last_period_wape, last_period_bias: of the same recipe over the last `horizon_days`; NaN where nothing was sold
            or it is too soon.
        products: what foretells weekly units of products; None where none was sold, or the version is older than that.
    """

    forecaster: Forecaster
    last_day: date
    seller_ids: NDArray[np.str_]
    currencies: NDArray[np.str_]
    expectation: Expectation
    scale: Floats
    history_days: NDArray[np.int_]
    active_days: NDArray[np.int_]
    last_period_wape: Floats
    last_period_bias: Floats
    products: Forecaster | None = None

    @property
    def config(self) -> SellerAnalyticsConfig:
        """The settings that it was fitted by."""
        return self.forecaster.config

    def forecast(self, seller_id: str, horizon_days: int = 28) -> Forecast:
        """The days after `last_day`, or the word that there is not enough to go by."""
        row = self._rows.get(seller_id)
        if row is None:
            return Forecast("not_enough_data", message="There is not enough data for a forecast yet: no sales so far.")
        currency = str(self.currencies[row])
        if message := self._lack(row):
            return Forecast("not_enough_data", currency=currency, message=message)
        days = [self.last_day + timedelta(days=step) for step in range(1, horizon_days + 1)]
        weekdays = np.array([day.weekday() for day in days], dtype=np.intp)
        middle = self.expectation.of(row).over(weekdays)
        (low_80, high_80), (low_95, high_95) = (
            self.forecaster.bands.around(middle, self.scale[row : row + 1], level) for level in range(2)
        )
        return Forecast(
            status="ok",
            currency=currency,
            days=tuple(
                ForecastDay(
                    day,
                    float(middle[0, step]),
                    float(low_80[0, step]),
                    float(high_80[0, step]),
                    float(low_95[0, step]),
                    float(high_95[0, step]),
                )
                for step, day in enumerate(days)
            ),
            method=_method(self.forecaster.recipe),
            last_period_wape=_known(self.last_period_wape[row]),
            last_period_bias=_known(self.last_period_bias[row]),
        )

    def save(self, folder: Path) -> None:
        """Write `model.json` and `arrays.npz` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {
            **asdict(self.forecaster),
            "last_day": self.last_day.isoformat(),
            "products": None if self.products is None else asdict(self.products),
        }
        (folder / "model.json").write_text(json.dumps(facts, indent=1, sort_keys=True))
        np.savez(
            folder / "arrays.npz",
            level=self.expectation.level,
            pattern=self.expectation.pattern,
            course=self.expectation.course,
            **{name: getattr(self, name) for name in _ARRAYS},
        )

    @classmethod
    def load(cls, folder: Path) -> SellerAnalyticsModel:
        """The model that `save` wrote; needs numpy only."""
        facts: dict[str, Any] = json.loads((folder / "model.json").read_text())
        with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        # Versions from before the bias and courses were kept do not know them.
        arrays.setdefault("last_period_bias", np.full(len(arrays["seller_ids"]), np.nan))
        arrays.setdefault("course", np.ones((1, 1)))
        products = facts.get("products")
        return cls(
            forecaster=_forecaster(facts),
            products=None if products is None else _forecaster(products),
            last_day=date.fromisoformat(facts["last_day"]),
            expectation=Expectation(arrays["level"], arrays["pattern"], arrays["course"]),
            **{name: arrays[name] for name in _ARRAYS},
        )

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {seller_id: row for row, seller_id in enumerate(self.seller_ids.tolist())}

    def _lack(self, row: int) -> str | None:
        config = self.config
        if (history := int(self.history_days[row])) < config.min_history_days:
            return (
                f"There is not enough data for a forecast yet: {history} days since the first sale, "
                f"{config.min_history_days} are needed."
            )
        if (active := int(self.active_days[row])) < config.min_active_days:
            return (
                f"There is not enough data for a forecast: sales on {active} of the last {config.recent_days} days, "
                f"{config.min_active_days} are needed."
            )
        return None


_ARRAYS = ("seller_ids", "currencies", "scale", "history_days", "active_days", "last_period_wape", "last_period_bias")


def _forecaster(facts: dict[str, Any]) -> Forecaster:
    config: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts["config"].items()}
    trees = facts.get("trees")
    return Forecaster(
        config=SellerAnalyticsConfig(**config),
        recipe=Recipe(**facts["recipe"]),
        shift=facts.get("shift", 0.0),
        bands=Bands(**{name: tuple(value) for name, value in facts["bands"].items()}),
        level_share=facts.get("level_share", 0.5),
        trees=None if trees is None else PooledTrees(**trees),
        lean=facts.get("lean", 0.0),
        plain_share=facts.get("plain_share", 0.0),
        stretch=facts.get("stretch", 1.0),
    )


def _method(recipe: Recipe) -> str:
    return METHOD + TREND * (recipe.trend_half_life is not None) + YEAR * (recipe.pooled_years is not None)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
