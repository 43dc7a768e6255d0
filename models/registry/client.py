"""What the platform does with registered models: log a challenger, promote, roll back, find and fetch."""

import importlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from marketplace.errors import ConflictError, InvalidInputError, ModelUnavailableError, NotFoundError
from models.evaluation import Evaluation
from models.registry.files import (
    SNAPSHOT_FOLDER,
    SNAPSHOT_LET_GO_TAG,
    SNAPSHOT_TAG,
    fetch_model,
    fetch_snapshot,
    snapshot_reference,
)
from models.registry.history import Action, Move, champions, moves_in, next_key, this_person
from models.registry.refusal import REFUSAL_TAG, Refusal
from models.registry.rest import Alias, ModelVersion, RestClient
from models.registry.retention import Retention, snapshots_to_let_go

CLASS_TAG = "model_class"
VERDICT_TAG, PASSED, REFUSED = "verdict", "passed", "refused"


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
        training_set: Any = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """The new version's number; it carries the model's files and figures and the alias `challenger`.

        Args:
            name: registered model and experiment, one of `ModelName`.
            model: has `save(folder)` and the classmethod `load(folder)`.
            config: dataclass of hyper-parameters; by default the model's own `config`.
            training_set: kept with the run beside `config`, so that the version can be trained again.
            tags: further tags of the version, e.g. the Dagster run.
        """
        from models.registry.mlflow_log import log_run, register

        config = config if config is not None else getattr(model, "config", None)
        run_tags = {
            "feature_service": feature_service,
            "training_cutoff": training_cutoff.astimezone(UTC).isoformat(),
            "data_hash": data_hash,
            "row_count": str(row_count),
            "task": evaluation.task,
            "primary_metric": evaluation.primary_metric,
            CLASS_TAG: f"{type(model).__module__}:{type(model).__qualname__}",
            **(tags or {}),
        }
        run = log_run(
            self.tracking_uri,
            name,
            model,
            evaluation,
            model_card=model_card,
            config=config,
            tags=run_tags,
            training_set=training_set,
        )
        if training_set is not None:
            run_tags[SNAPSHOT_TAG] = snapshot_reference(run.run_id)
        self._rest.ensure_model(name)
        version = register(self.tracking_uri, name, run, description=_title(model_card), tags=run_tags)
        self._rest.set_alias(name, Alias.CHALLENGER, version)
        return version

    def log_refused(
        self,
        name: str,
        model: Any,
        evaluation: Evaluation,
        *,
        reason: str,
        model_card: str,
        training_cutoff: datetime,
        config: Any = None,
        by: str | None = None,
    ) -> str:
        """The run of a challenger that is not worth a version; its figures stay to be looked at, nobody can promote it."""
        from models.registry.mlflow_log import log_run

        cutoff = training_cutoff.astimezone(UTC).isoformat()
        tags = {VERDICT_TAG: REFUSED, "judgement": reason, "training_cutoff": cutoff}
        run = log_run(self.tracking_uri, name, model, evaluation, model_card=model_card, config=config, tags=tags)
        self.refuse(name, Refusal(datetime.now(UTC), reason, by or this_person(), run.run_id, "", cutoff))
        return run.run_id

    def judge(self, name: str, version: str, *, passed: bool, judgement: str, by: str | None = None) -> None:
        """Write on a version whether the promotion's checks let it pass, and why, in words."""
        self._rest.set_tag(name, version, VERDICT_TAG, PASSED if passed else REFUSED)
        self._rest.set_tag(name, version, "judgement", judgement)
        self._rest.set_tag(name, version, "judged_at", _now())
        if not passed:
            judged = self._rest.version(name, version)
            self.refuse(name, Refusal.of(judged, judgement, by=by or this_person()))

    def refuse(self, name: str, refusal: Refusal) -> None:
        """Keep the newest refusal where everybody sees it: on the model as such, for a refused challenger may be no version."""
        self._rest.ensure_model(name)
        self._rest.set_model_tag(name, REFUSAL_TAG, refusal.to_json())

    def last_refusal(self, name: str) -> Refusal | None:
        """The newest refusal of a challenger, None if none ever was refused."""
        text = self._rest.tags(name).get(REFUSAL_TAG)
        return Refusal.from_json(text) if text else None

    def promote(
        self, name: str, version: str, *, reason: str = "", by: str | None = None, even_if_refused: bool = False
    ) -> ModelVersion:
        """The new champion; who made it so, when and why goes into the model's history.

        Raises:
            NotFoundError: the model has no such version.
            ConflictError: the checks refused the version, and `even_if_refused` does not overrule them.
        """
        promoted = self.version(name, version)
        if promoted.tags.get(VERDICT_TAG) == REFUSED and not even_if_refused:
            raise ConflictError(
                f"version {version} of {name} was refused: {promoted.tags.get('judgement', 'no reason was kept')}; "
                "promote another version, or overrule the checks with --even-if-refused and a --reason"
            )
        champion = self.resolve(name)
        if champion is None or champion.version != promoted.version:
            self._move(name, Action.PROMOTE, promoted.version, champion, reason=reason, by=by)
            self._rest.set_tag(name, promoted.version, "promoted_at", _now())
        return self._rest.version(name, promoted.version)

    def rollback(self, name: str, *, reason: str = "", by: str | None = None) -> ModelVersion:
        """The champion that was before the present one, serving again; one step further back each time.

        Raises:
            ConflictError: there is no champion, or nothing before it.
        """
        champion = self.resolve(name)
        if champion is None:
            raise ConflictError(f"{name} has no champion to roll back; promote a version first")
        served = champions(self.history(name), champion.version)
        if len(served) < 2:
            raise ConflictError(
                f"version {champion.version} of {name} is its first champion: nothing to return to; "
                f"promote another version with `marketplace models promote {name} VERSION`"
            )
        previous = self.version(name, served[-2])
        self._move(name, Action.ROLLBACK, previous.version, champion, reason=reason, by=by)
        self._rest.set_tag(name, champion.version, "rolled_back_at", _now())
        return previous

    def history(self, name: str) -> list[Move]:
        """Every change of champion, oldest first."""
        return moves_in(self._rest.tags(name))

    def version(self, name: str, version: str) -> ModelVersion:
        """One version by its number.

        Raises:
            NotFoundError: the model has no such version.
        """
        try:
            return self._rest.version(name, version)
        except (NotFoundError, InvalidInputError):
            known = [each.version for each in self.versions(name)]
            raise NotFoundError(
                f"{name} has no version {version!r}; "
                + (f"there are {', '.join(known)}" if known else f"train one with `marketplace run --only {name}`")
            ) from None

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
        """The folder with the version's files below `cache_dir`, downloaded unless it is there as registered.

        Raises:
            ModelUnavailableError: the registry does not answer, or files are missing, cut short or not those registered.
        """
        return fetch_model(self._rest, version, cache_dir)

    def fetch_snapshot(self, version: ModelVersion, folder: Path) -> Path:
        """The folder, made anew as `folder`, with what the version was trained on.

        Raises:
            ConflictError: the version was registered without a snapshot, or its snapshot was let go since.
            ModelUnavailableError: the registry does not answer, or a file is missing or cut short.
        """
        return fetch_snapshot(self._rest, version, folder)

    def snapshots_to_let_go(self, name: str, retention: Retention) -> list[ModelVersion]:
        """The versions whose training rows need not be kept any longer, oldest first."""
        return snapshots_to_let_go(self.versions(name), self.history(name), retention)

    def let_go_of_snapshots(self, name: str, retention: Retention) -> list[ModelVersion]:
        """The versions whose training rows were deleted, each marked so; nothing else of them is touched.

        Raises:
            ModelUnavailableError: the registry does not answer, or the store keeps a file; what was done stays done, and what
                was not is tried again the next time.
        """
        done: list[ModelVersion] = []
        # Asked anew before each one: somebody may have promoted or rolled back meanwhile.
        while still := self.snapshots_to_let_go(name, retention):
            self._let_go(still[0])
            done.append(still[0])
        return done

    def _let_go(self, version: ModelVersion) -> None:
        from models.registry.artefact_store import delete_folder

        run_id, _, folder = version.tags[SNAPSHOT_TAG].removeprefix("runs:/").partition("/")
        if folder != SNAPSHOT_FOLDER:  # a tag that somebody wrote by hand shall not lead to the model's own files
            raise ConflictError(f"version {version.version} of {version.name} has its snapshot in {folder!r}; correct its tag")
        try:
            delete_folder(self.tracking_uri, self._rest.artefact_uri(run_id), folder)
        except OSError as error:
            raise ModelUnavailableError(str(error)) from error
        if left := list(self._rest.files(run_id, folder)):
            raise ModelUnavailableError(f"{len(left)} files of the snapshot of {version.name} {version.version} are still there")
        self._rest.set_tag(version.name, version.version, SNAPSHOT_LET_GO_TAG, _now())

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

    def _move(
        self, name: str, action: Action, version: str, champion: ModelVersion | None, *, reason: str, by: str | None
    ) -> None:
        """Move the alias, then write it down: a history entry that never took effect would lead a rollback astray."""
        now = datetime.now(UTC)
        replaced = champion.version if champion else ""
        self._rest.set_alias(name, Alias.CHAMPION, version)
        move = Move(action, version, replaced, now, by or this_person(), reason)
        self._rest.set_model_tag(name, next_key(self._rest.tags(name), now), move.to_json())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _title(model_card: str) -> str | None:
    """The card's first line without its mark."""
    lines = model_card.strip().splitlines()
    return lines[0].lstrip("# ") if lines else None
