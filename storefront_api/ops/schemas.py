"""What the operator's endpoints give out."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

State = Literal["good", "warn", "bad"]


class Freshness(BaseModel):
    """One table: when its newest row was copied or became known, and about how many rows it has."""

    stage: Literal["raw", "features"]
    table: str
    newest_at: datetime | None
    row_estimate: int
    state: State


class Quarantined(BaseModel):
    """Rows that did not fit, kept with the reason."""

    source: str
    object: str
    reason: str
    row_count: int
    last_seen_at: datetime


class Outbox(BaseModel):
    """Messages that wait for the relay."""

    waiting_count: int
    oldest_at: datetime | None
    lag_seconds: float
    state: State


class Part(BaseModel):
    """One process of the platform and whether it answers."""

    name: str
    url: str
    is_up: bool
    milliseconds: float | None
    detail: str | None = None


class MethodFigure(BaseModel):
    """One method's figure in one metric, with its 95 % interval where one was computed."""

    method: str
    metric: str
    is_served: bool
    value: float | None
    low: float | None
    high: float | None


class Model(BaseModel):
    """A registered model: what serves, and how it did beside its baseline.

    `is_registry_up` tells an empty registry from one that does not answer.
    """

    name: str
    is_registry_up: bool
    version: str | None = None
    trained_at: datetime | None = None
    training_cutoff: str | None = None
    feature_service: str | None = None
    row_count: int | None = None
    git_commit: str | None = None
    primary_metric: str | None = None
    baseline: str | None = None
    served: MethodFigure | None = None
    baseline_figure: MethodFigure | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    notes: list[str] = []
    figures: list[MethodFigure] = []


class ModelCard(Model):
    """The model with its card, in Markdown as training wrote it."""

    card: str | None = None


class Status(BaseModel):
    """Everything on the operator's page."""

    checked_at: datetime
    parts: list[Part]
    models: list[Model]
    freshness: list[Freshness]
    quarantine: list[Quarantined]
    outbox: Outbox
