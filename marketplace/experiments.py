"""Experiments on a shelf: who gets what, the same for the storefront, the analysis and every simulation.

A unit (a customer, or the browser of a guest) stays in its arm for as long as the experiment runs, without a stored
assignment: the arm follows from a hash. Each experiment has its own salt, so that two of them split people independently.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose

from marketplace.errors import InvalidInputError
from marketplace.vocabulary import ExperimentKind

_BITS = 53  # what a float holds exactly


@dataclass(frozen=True)
class Arm:
    """One treatment: its share of the units, and by which registered version it answers."""

    name: str
    variant: str
    share: float


@dataclass(frozen=True)
class Experiment:
    """What is being tried on a surface; the first arm is the control.

    Raises:
        InvalidInputError: fewer than two arms, two of one name, or shares that are not positive or do not add up to 1.
    """

    experiment_id: str
    surface: str
    kind: ExperimentKind
    salt: str
    arms: tuple[Arm, ...]
    title: str = ""

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if len(names) < 2 or len(set(names)) < len(names):
            raise InvalidInputError(f"an experiment needs two arms or more, each with its own name: {', '.join(names) or 'none'}")
        if any(arm.share <= 0 for arm in self.arms) or not isclose(sum(arm.share for arm in self.arms), 1, abs_tol=1e-9):
            raise InvalidInputError(f"shares must be above 0 and add up to 1: {', '.join(str(arm.share) for arm in self.arms)}")
        if self.kind is ExperimentKind.INTERLEAVING and len(names) != 2:
            raise InvalidInputError(f"interleaving mixes two lists, not {len(names)}")

    def arm_of(self, unit_id: str) -> Arm:
        """The arm of a unit, today and tomorrow."""
        place = bucket(self.salt, unit_id)
        for arm in self.arms[:-1]:
            place -= arm.share
            if place < 0:
                return arm
        return self.arms[-1]


def bucket(salt: str, unit_id: str) -> float:
    """A number in [0, 1) that looks random over units and is always the same for one; another salt, another number."""
    digest = hashlib.sha256(f"{salt}:{unit_id}".encode()).digest()
    return float((int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / 2**_BITS)


def team_draft(first: Sequence[str], second: Sequence[str], *, rng: random.Random) -> list[tuple[str, int | None]]:
    """Both lists as one without repeats, each place with the list (0 or 1) that filled it.

    Team-draft interleaving (Radlinski, Kurup & Joachims 2008, "How does clickthrough data reflect retrieval quality?"): in
    each round a coin says which list picks first, and each picks its best product that is not there yet. Whoever is clicked
    more has the better list, whatever the places are worth, because both hold each place equally often. What is left of a
    list when the other has ended follows as nobody's.
    """
    queues = (iter(first), iter(second))
    taken: set[str] = set()
    merged: list[tuple[str, int | None]] = []

    def pick(team: int) -> str | None:
        found = next((one for one in queues[team] if one not in taken), None)
        if found is not None:
            taken.add(found)
        return found

    while True:
        order = (0, 1) if rng.random() < 0.5 else (1, 0)
        picks = {team: pick(team) for team in order}
        is_last = None in picks.values()
        merged.extend((found, None if is_last else team) for team, found in picks.items() if found is not None)
        if is_last:
            rest = dict.fromkeys(one for queue in queues for one in queue if one not in taken)
            return merged + [(one, None) for one in rest]
