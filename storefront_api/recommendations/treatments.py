"""What an experiment makes of the question for a visitor's list: by another version, or by both, to be drafted into one."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from marketplace.contracts.recommendation import RecommendRequest, Variant
from marketplace.experiments import Arm
from storefront_api.clients import RecommendationClient
from storefront_api.experiments.service import Treatment
from storefront_api.recommendations.candidates import Ask, Candidate, of_answer

Question = Callable[[int, list[str], Variant], RecommendRequest]


@dataclass(frozen=True)
class Rival:
    """A second list for the same shelf, and the coins that say which of the two picks first."""

    ask: Ask
    rng: random.Random


def asking(
    client: RecommendationClient, question: Question, treatment: Treatment | None, *, variant: Variant, rng: random.Random
) -> tuple[Ask, Rival | None]:
    """How the service is asked for this visitor: the arm's version or both lists of an experiment, else `variant`."""
    if treatment is None:
        return _ask(client, question, None, variant), None
    if treatment.arm is not None:
        return _ask(client, question, treatment.arm, Variant(treatment.arm.variant)), None
    first, second = (_ask(client, question, arm, Variant(arm.variant)) for arm in treatment.experiment.arms)
    return first, Rival(second, rng)


def _ask(client: RecommendationClient, question: Question, arm: Arm | None, variant: Variant) -> Ask:
    async def ask(count: int, excluded: list[str]) -> list[Candidate]:
        return of_answer(await client.recommend(question(count, excluded, variant)), arm.name if arm is not None else None)

    return ask
