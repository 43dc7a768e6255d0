"""What a model service says of its own champion, for operators."""

from datetime import datetime
from enum import StrEnum

from marketplace.contracts.answer import Contract


class ChampionProblemKind(StrEnum):
    """Why the version at work is not, or may not be, the registry's champion."""

    REGISTRY_UNAVAILABLE = "registry_unavailable"
    NO_CHAMPION = "no_champion"
    NOT_FETCHED = "not_fetched"
    REJECTED = "rejected"


class ChampionProblem(Contract):
    """What keeps the registry's champion from being served; the version at work stays meanwhile.

    `version` is the one that the registry wants, None where it does not say.
    """

    kind: ChampionProblemKind
    version: str | None
    reason: str
    since: datetime


class ChampionStatus(Contract):
    """The version at work and when it came, the last look at the registry, and what is wrong, if anything."""

    model: str
    version: str | None
    loaded_at: datetime | None
    looked_at: datetime | None
    problem: ChampionProblem | None
