"""The fitted outlook: two regressions for customers, one for sellers, and how well they did on days they had not seen."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.outlook.config import OutlookConfig
from models.outlook.regressions import Churn, Regression, Spend


@dataclass(frozen=True)
class Decile:
    """A tenth of those who were judged, 1 being the highest expectation; `actual` comes with its 95 % interval.

    `subject` is `customer_spend` (mean minor units of `currency` per customer), `customer_churn` or `seller_churn` (shares).
    """

    subject: str
    decile: int
    entity_count: int
    expected: float
    actual: float
    actual_low: float
    actual_high: float
    currency: str | None = None


@dataclass(frozen=True)
class OutlookModel:
    """What was learned until `until`, for `horizon_days` ahead; a part is None where there was too little to learn from.

    Attributes:
        deciles: expectation and outcome over the last horizon before `until`, by the same recipe fitted before it.
    """

    config: OutlookConfig
    until: pd.Timestamp
    horizon_days: int
    customer_churn: Churn | None
    customer_spend: Spend | None
    seller_churn: Churn | None
    deciles: tuple[Decile, ...] = ()

    def save(self, folder: Path) -> None:
        """Write `model.json` into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = asdict(self) | {"until": self.until.isoformat()}
        (folder / "model.json").write_text(json.dumps(facts, indent=1, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> OutlookModel:
        """The model that `save` wrote."""
        facts: dict[str, Any] = json.loads((folder / "model.json").read_text())
        config: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in facts["config"].items()
        }
        spend = facts["customer_spend"]
        return cls(
            config=OutlookConfig(**config),
            until=pd.Timestamp(facts["until"]),
            horizon_days=facts["horizon_days"],
            customer_churn=_churn(facts["customer_churn"]),
            customer_spend=Spend(_regression(spend["regression"]), spend["largest"]) if spend else None,
            seller_churn=_churn(facts["seller_churn"]),
            deciles=tuple(Decile(**decile) for decile in facts["deciles"]),
        )


def _churn(facts: dict[str, Any] | None) -> Churn | None:
    return Churn(_regression(facts["regression"])) if facts else None


def _regression(facts: dict[str, Any]) -> Regression:
    kept: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    return Regression(**kept)
