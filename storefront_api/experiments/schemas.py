"""An experiment as operators start it and as they see it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from marketplace.contracts.recommendation import Variant
from marketplace.vocabulary import ExperimentKind, Shelf

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]


class ArmSettings(BaseModel):
    """One arm: who answers in it, and the share of visitors who are in it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    variant: Variant
    share: float = Field(gt=0, lt=1)


_HALVES = [
    ArmSettings(name="champion", variant=Variant.CHAMPION, share=0.5),
    ArmSettings(name="challenger", variant=Variant.CHALLENGER, share=0.5),
]


class ExperimentStart(BaseModel):
    """A new experiment; champion against challenger by halves unless said otherwise. The first arm is the control."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=120)
    kind: ExperimentKind = ExperimentKind.AB
    arms: list[ArmSettings] = Field(default=_HALVES, min_length=2, max_length=4)


class ExperimentStop(BaseModel):
    """Why it ends."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=300)


class ExperimentFigure(BaseModel):
    """A metric of an arm, or its difference to the control (`…_difference`); `arm` is empty for the whole."""

    arm: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    measured_at: datetime


class ExperimentSummary(BaseModel):
    """One experiment with its exposures now and its figures as the pipeline measured them last."""

    experiment_id: str
    title: str
    surface: Shelf
    kind: ExperimentKind
    arms: list[ArmSettings]
    started_at: datetime
    started_by: str
    stopped_at: datetime | None
    stop_reason: str | None
    exposures: dict[str, int]
    figures: list[ExperimentFigure] = []
