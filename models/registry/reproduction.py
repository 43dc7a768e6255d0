"""A version trained again from its snapshot, and whether the same came out."""

import importlib
import math
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.evaluation import Evaluation
from models.registry.client import ModelRegistry
from models.registry.content import file_hashes
from models.registry.data_hash import data_hash
from models.registry.files import SNAPSHOT_TAG
from models.registry.mlflow_log import DESCRIPTION_FILES, figures, git_commit
from models.registry.rest import ModelVersion
from models.registry.snapshot import environment, read_snapshot, stored_environment

# Figures are stored as double precision and come back as JSON: anything beyond rounding is a difference.
FIGURE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was: a figure, a file of the model, or the training set itself."""

    what: str
    then: str
    now: str


@dataclass(frozen=True)
class Reproduction:
    """What came out of training a version again.

    `differences` is empty when every figure is equal within `FIGURE_TOLERANCE` and every file of the model is equal to
    the byte, so that both score alike to the bit. `surroundings` are code and libraries that changed since.
    """

    version: ModelVersion
    model: Any
    evaluation: Evaluation
    training_set: Any
    config: Any
    figure_count: int
    file_count: int
    differences: tuple[Difference, ...]
    surroundings: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether the same model came out."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """What was compared and what differs, as plain values."""
        return {
            "model": self.version.name,
            "version": self.version.version,
            "is_equal": self.is_equal,
            "figure_count": self.figure_count,
            "file_count": self.file_count,
            "differences": [asdict(difference) for difference in self.differences],
            "surroundings": [asdict(difference) for difference in self.surroundings],
        }


def reproduce(registry: ModelRegistry, name: str, version: str) -> Reproduction:
    """The version trained and evaluated again on its own rows, by its own configuration, with the code of today.

    Raises:
        NotFoundError: the model has no such version.
        ConflictError: the version was registered without a snapshot.
    """
    registered = registry.version(name, version)
    package = importlib.import_module(f"models.{name}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        snapshot = registry.fetch_snapshot(registered, folder / "snapshot")
        training_set, config = read_snapshot(snapshot)
        model = package.train(training_set, config)
        evaluation = package.evaluate(training_set, config)
        model.save(folder / "again")
        then, now = (_model_files(path) for path in (registry.fetch(registered, folder / "cache"), folder / "again"))
        surroundings = _differing(stored_environment(snapshot), environment())
    data = {"training set": registered.tags["data_hash"]}, {"training set": data_hash(training_set)}
    figures_then, figures_now = registry.metrics(registered), dict(figures(evaluation))
    commit = _differing({"commit": registered.tags.get("git_commit", "")}, {"commit": git_commit()})
    return Reproduction(
        registered,
        model,
        evaluation,
        training_set,
        config,
        figure_count=len(figures_then),
        file_count=len(then),
        differences=(
            *_differing(*data),
            *_differing_figures(figures_then, figures_now),
            *_differing(
                {f"file {path}": held for path, held in then.items()}, {f"file {path}": held for path, held in now.items()}
            ),
        ),
        surroundings=(*commit, *surroundings),
    )


def register_again(registry: ModelRegistry, found: Reproduction) -> str:
    """The number of the new version, the challenger, made of a reproduction; its rows are the old version's, not kept twice."""
    old, package = found.version, importlib.import_module(f"models.{found.version.name}")
    return registry.log_challenger(
        old.name,
        found.model,
        found.evaluation,
        model_card=package.model_card(found.evaluation, found.training_set),
        feature_service=old.tags.get("feature_service", "none"),
        training_cutoff=datetime.fromisoformat(old.tags["training_cutoff"]),
        data_hash=old.tags["data_hash"],
        row_count=int(old.tags["row_count"]),
        config=found.config,
        tags={"retrained_from": old.version, SNAPSHOT_TAG: old.tags[SNAPSHOT_TAG]},
    )


def _model_files(folder: Path) -> dict[str, str]:
    """What the model wrote itself: the description beside it names its run and the moment."""
    return {path: digest for path, digest in file_hashes(folder).items() if path not in DESCRIPTION_FILES}


def _differing(then: dict[str, str], now: dict[str, str]) -> tuple[Difference, ...]:
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return tuple(Difference(name, then.get(name, "-")[:16], now.get(name, "-")[:16]) for name in names)


def _differing_figures(then: dict[str, float], now: dict[str, float]) -> tuple[Difference, ...]:
    def is_equal(name: str) -> bool:
        pair = then.get(name, math.nan), now.get(name, math.nan)
        return math.isclose(*pair, rel_tol=FIGURE_TOLERANCE, abs_tol=FIGURE_TOLERANCE)

    names = [name for name in sorted({**then, **now}) if not is_equal(name)]
    return tuple(Difference(name, _text(then.get(name)), _text(now.get(name))) for name in names)


def _text(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.12g}"
