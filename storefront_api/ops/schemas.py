"""What the operator's endpoints give out."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, computed_field

from marketplace.alert_pages import alert_page
from marketplace.vocabulary import Stream

State = Literal["good", "warn", "bad"]


class Freshness(BaseModel):
    """One table: its newest row by its own instants, when the pipeline last built it, and about how many rows it has.

    `newest_at` is None for an empty table, and for a large one that no index makes cheap to ask.
    """

    stage: Literal["raw", "marts", "features"]
    table: str
    newest_at: datetime | None
    built_at: datetime | None = None
    row_estimate: int
    state: State


class SourceFreshness(BaseModel):
    """The clock that tables are judged by: the data's own where the source has ended, ours where it goes on."""

    source: str
    is_live: bool
    is_simulated: bool
    data_until: datetime | None
    newest_order_at: datetime | None
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

    `is_registry_up` tells an empty registry from one that does not answer. `served_version` and `problem` are what the
    service itself says, `refusal` why the newest challenger was turned away, `not_trained` why there is none.
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
    challenger: str | None = None
    judgement: str | None = None
    refusal: str | None = None
    refused_at: datetime | None = None
    served_version: str | None = None
    problem: str | None = None
    problem_since: datetime | None = None
    not_trained: str | None = None
    figures: list[MethodFigure] = []


class ModelCard(Model):
    """The model with its card, in Markdown as training wrote it."""

    card: str | None = None


class Run(BaseModel):
    """One run of the pipeline; `failure` is the first step that failed, with the last line of its error.

    `refused` says by model why its challenger was refused, which fails no run: the champion serves on.
    """

    run_id: str
    job: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    failed_step: str | None = None
    failure: str | None = None
    refused: dict[str, str] = {}

    @property
    def lasted(self) -> timedelta | None:
        """How long it took, None while it goes on."""
        return self.ended_at - self.started_at if self.started_at and self.ended_at else None


class Runs(BaseModel):
    """The newest runs; none are known while Dagster's database does not answer."""

    is_known: bool
    runs: list[Run]


class Drift(BaseModel):
    """One column of one window, as `monitoring.drift` has it."""

    feature: str
    kind: str
    is_score: bool
    status: str
    level: Literal["calm", "moderate", "strong"]
    measure: str | None
    effect: float | None
    threshold: float | None
    severity: float
    rank: int
    psi: float | None
    row_count: int
    reference_row_count: int | None
    null_share: float | None
    reference_null_share: float | None
    distinct_count: int | None
    reference_distinct_count: int | None
    details: dict[str, Any]
    window_start: datetime
    window_end: datetime
    model_version: str


class ModelDrift(BaseModel):
    """The newest windows of one stream of a model: severity by column and window for the chart, the newest window in full."""

    model_name: str
    stream: Stream
    windows: list[datetime]
    features: list[str]
    severity: list[list[float | None]]
    newest: list[Drift]
    measured_at: datetime | None
    reason: str | None = None


class OpenAlert(BaseModel):
    """An alert, and which sinks still wait for the news that it began or, once it is over, that it ended.

    `resolved_window_end` is where the calm windows ended that closed it; None where late rows took it back.
    """

    model_name: str
    model_version: str
    stream: Stream
    feature: str
    also: list[str]
    level: Literal["moderate", "strong"]
    measure: str
    effect: float
    threshold: float
    window_start: datetime
    window_end: datetime
    last_window_start: datetime
    raised_at: datetime
    resolved_window_end: datetime | None
    resolved_at: datetime | None
    action: str
    undelivered: dict[str, str] = {}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def page(self) -> str:
        """Where to look at it."""
        return alert_page(self.stream, self.window_end)


class Status(BaseModel):
    """Everything on the operator's page."""

    checked_at: datetime
    parts: list[Part]
    models: list[Model]
    source: SourceFreshness | None
    freshness: list[Freshness]
    quarantine: list[Quarantined]
    outbox: Outbox
