"""Which versions keep the rows that taught them: kept for ever, they would outgrow everything else that the registry holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.registry.files import SNAPSHOT_LET_GO_TAG, SNAPSHOT_TAG
from models.registry.history import Move, champions
from models.registry.rest import Alias, ModelVersion


@dataclass(frozen=True)
class Retention:
    """Beside champion and challenger, the newest `versions` keep their rows, and the `champions` that served last.

    Those are the ones that somebody may want to train again. No version loses its model or its figures: older ones can
    still be promoted, or rolled back to, and serve as they were.
    """

    versions: int
    champions: int


def snapshots_to_let_go(versions: Sequence[ModelVersion], moves: Sequence[Move], retention: Retention) -> list[ModelVersion]:
    """The versions whose training rows need not be kept, oldest first; those let go before are not among them.

    Args:
        versions: all versions of one model with their aliases. moves: its changes of champion, oldest first.
    """
    kept = _kept(versions, moves, retention)
    # A version that was trained again shares the rows of the one that it repeats.
    needed = {version.tags.get(SNAPSHOT_TAG) for version in versions if version.version in kept}
    by_age = sorted(versions, key=lambda version: int(version.version))
    return [
        version
        for version in by_age
        if (reference := version.tags.get(SNAPSHOT_TAG)) and reference not in needed and SNAPSHOT_LET_GO_TAG not in version.tags
    ]


def _kept(versions: Sequence[ModelVersion], moves: Sequence[Move], retention: Retention) -> set[str]:
    newest = sorted((version.version for version in versions), key=int, reverse=True)[: retention.versions]
    named = {version.version for version in versions if version.aliases}
    present = next((version.version for version in versions if Alias.CHAMPION in version.aliases), "")
    # What the next rollbacks return to, and who served lately, a champion that was rolled back since included.
    returnable = champions(moves, present)[-retention.champions :]
    served = list(dict.fromkeys(move.version for move in reversed(moves)))[: retention.champions]
    return {*newest, *named, *returnable, *served}
