"""What the platform does with registered models: log a challenger, promote, roll back, find and fetch."""

import importlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marketplace.errors import ConflictError, ModelUnavailableError
from models.evaluation import Evaluation
from models.registry.rest import Alias, ModelVersion, RestClient

ARTEFACT_FOLDER = "model"
CLASS_TAG = "model_class"
PREVIOUS_TAG = "previous_champion"


class ModelRegistry:
    """The registered models of one MLflow server."""

    def __init__(self, tracking_uri: str, *, timeout: float = 5.0) -> None:
        self.tracking_uri = tracking_uri
        self._rest = RestClient(tracking_uri, timeout=timeout)

    def log_challenger(
        self,
        name: str,
        model: Any,
        evaluation: Evaluation,
        *,
        model_card: str,
        feature_service: str,
        training_cutoff: datetime,
        data_hash: str,
        row_count: int,
        config: Any = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """The new version's number; it carries the model's files and figures and the alias `challenger`.

        Args:
            name: registered model and experiment, one of `ModelName`.
            model: has `save(folder)` and the classmethod `load(folder)`.
            config: dataclass of hyper-parameters; by default the model's own `config`.
            tags: further tags of the version, e.g. the Dagster run.
        """
        from models.registry.mlflow_log import log_version

        version = log_version(
            self.tracking_uri,
            name,
            model,
            evaluation,
            model_card=model_card,
            config=config if config is not None else getattr(model, "config", None),
            tags={
                "feature_service": feature_service,
                "training_cutoff": training_cutoff.astimezone(UTC).isoformat(),
                "data_hash": data_hash,
                "row_count": str(row_count),
                "task": evaluation.task,
                CLASS_TAG: f"{type(model).__module__}:{type(model).__qualname__}",
                **(tags or {}),
            },
        )
        self._rest.set_alias(name, Alias.CHALLENGER, version)
        return version

    def promote(self, name: str, version: str) -> ModelVersion:
        """The new champion; it remembers which version it replaced, for `rollback`.

        Raises:
            NotFoundError: the model has no such version.
        """
        promoted = self._rest.version(name, version)
        champion = self.resolve(name)
        if champion is not None and champion.version == promoted.version:
            return champion
        self._rest.set_tag(name, version, PREVIOUS_TAG, champion.version if champion else "")
        self._rest.set_tag(name, version, "promoted_at", datetime.now(UTC).isoformat(timespec="seconds"))
        self._rest.set_alias(name, Alias.CHAMPION, version)
        return self._rest.version(name, version)

    def rollback(self, name: str) -> ModelVersion:
        """The champion that was before the present one, serving again.

        Raises:
            ConflictError: there is no champion, or it was the first.
        """
        champion = self.resolve(name)
        if champion is None:
            raise ConflictError(f"{name} has no champion to roll back; promote a version first")
        previous = champion.tags.get(PREVIOUS_TAG)
        if not previous:
            raise ConflictError(f"version {champion.version} of {name} is its first champion: nothing to return to")
        self._rest.set_alias(name, Alias.CHAMPION, previous)
        self._rest.set_tag(name, champion.version, "rolled_back_at", datetime.now(UTC).isoformat(timespec="seconds"))
        return self._rest.version(name, previous)

    def resolve(self, name: str, alias: str = Alias.CHAMPION) -> ModelVersion | None:
        """The version that `alias` points at, None where there is none."""
        return self._rest.version_by_alias(name, alias)

    def versions(self, name: str) -> list[ModelVersion]:
        """Every version of a model with its aliases, newest first."""
        return self._rest.versions(name)

    def metrics(self, version: ModelVersion) -> dict[str, float]:
        """The evaluation's figures: ours by their name, a baseline's as `trending.ndcg_at_10`."""
        return self._rest.metrics(version.run_id)

    def fetch(self, version: ModelVersion, cache_dir: Path) -> Path:
        """The folder with the version's files below `cache_dir`, downloaded unless it is there.

        The folder appears complete or not at all: it is filled under another name and renamed.

        Raises:
            ModelUnavailableError: the registry does not answer, or a file is missing or cut short.
        """
        target = cache_dir / version.name / version.key
        if target.exists():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{version.key}-", dir=target.parent))
        try:
            files = list(self._rest.files(version.run_id, ARTEFACT_FOLDER))
            if not files:
                raise ModelUnavailableError(
                    f"version {version.version} of {version.name} has no files in run {version.run_id}; "
                    "train and promote a new version"
                )
            for path, size in files:
                written = self._rest.download(version.run_id, path, partial / Path(path).relative_to(ARTEFACT_FOLDER))
                if written != size:
                    raise ModelUnavailableError(
                        f"{path!r} of {version.name} version {version.version}: {written} of {size} bytes came; try again"
                    )
            os.replace(partial, target)
        except OSError:
            if not target.exists():  # otherwise another process was first: its copy is as good
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return target

    def load(self, name: str, alias: str = Alias.CHAMPION, *, cache_dir: Path) -> Any:
        """The model itself, as `log_challenger` was given it.

        Raises:
            ModelUnavailableError: no version has that alias, or its files cannot be read.
        """
        version = self.resolve(name, alias)
        if version is None:
            raise ModelUnavailableError(f"{name} has no {alias}; train one with `marketplace run --only {name}`")
        return self.load_version(version, cache_dir=cache_dir)

    def load_version(self, version: ModelVersion, *, cache_dir: Path) -> Any:
        """The model of one version."""
        module, _, qualname = version.tags[CLASS_TAG].partition(":")
        return getattr(importlib.import_module(module), qualname).load(self.fetch(version, cache_dir))
