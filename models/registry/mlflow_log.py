"""Writing a version with MLflow's own client: the one place that imports it."""

import dataclasses
import json
import math
import os
import platform
import re
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from models.evaluation import Evaluation, MethodResult
from models.model_card import with_own_words
from models.registry.content import content_hash
from models.registry.examples import example_call
from models.registry.files import SNAPSHOT_FOLDER
from models.registry.snapshot import write_snapshot

# What loading a saved model needs; stated, because MLflow would take minutes to find out by running it.
_REQUIREMENTS = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm")
_LONGEST_PARAM = 500
# Written beside the model's own files.
DESCRIPTION_FILES = ("MLmodel", "input_example.json", "requirements.txt")


@dataclass(frozen=True)
class LoggedRun:
    """A finished run: everything about a trained model, registered or not."""

    run_id: str
    artefact_uri: str
    content_hash: str


def log_run(
    tracking_uri: str,
    name: str,
    model: Any,
    evaluation: Evaluation,
    *,
    model_card: str,
    config: Any,
    tags: Mapping[str, str],
    training_set: Any = None,
) -> LoggedRun:
    """The run made of a trained model: parameters, figures, model card, the model's files, and a snapshot of what taught it.

    Args:
        training_set: stored below `snapshot/` with the configuration; nothing is stored where it is None.
    """
    client = _client(tracking_uri)
    from mlflow.entities import Metric, Param, RunTag

    experiment = client.get_experiment_by_name(name)
    experiment_id = experiment.experiment_id if experiment else client.create_experiment(name)
    run = client.create_run(experiment_id, run_name=name, tags={"git_commit": git_commit(), **tags})
    run_id = run.info.run_id
    card = with_own_words(model_card, model)
    status = "FAILED"
    try:
        client.log_batch(
            run_id,
            metrics=[Metric(key, value, run.info.start_time, 0) for key, value in figures(evaluation)],
            params=[Param(key, value) for key, value in parameters(config)],
            tags=[RunTag("mlflow.note.content", card[:5000])],
        )
        client.log_text(run_id, card, "model_card.md")
        client.log_text(run_id, json.dumps(dataclasses.asdict(evaluation), default=str, indent=2), "evaluation.json")
        with tempfile.TemporaryDirectory() as temporary:
            if training_set is not None:
                write_snapshot(Path(temporary) / SNAPSHOT_FOLDER, training_set, config)
            folder = Path(temporary) / "model"
            folder.mkdir()
            model.save(folder)
            _describe(folder, name, model, run_id)
            client.log_artifacts(run_id, temporary)
            content = content_hash(folder)
        status = "FINISHED"
    finally:
        client.set_terminated(run_id, status)
    return LoggedRun(run_id, str(run.info.artifact_uri), content)


def register(tracking_uri: str, name: str, run: LoggedRun, *, description: str | None, tags: Mapping[str, str]) -> str:
    """The number of the version made of a run."""
    client = _client(tracking_uri)
    created = client.create_model_version(
        name,
        source=f"{run.artefact_uri}/model",
        run_id=run.run_id,
        tags={"git_commit": git_commit(), **tags, "content_hash": run.content_hash},
        await_creation_for=0,
        description=description,
    )
    return str(created.version)


def quieted() -> None:
    """Settle what MLflow reads when it is imported: it shall be quick to give up, and talk to nobody but the registry."""
    # Retries of ten seconds and more belong to batch uploads into a cloud store, not to a registry next door.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")


def _client(tracking_uri: str) -> Any:
    quieted()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri)


def figures(evaluation: Evaluation) -> Iterator[tuple[str, float]]:
    """Names and values as logged: the served method's own, `method.` before the others', `_low` and `_high` for bounds,
    and `slice.name.` before those of a slice."""
    for method in evaluation.methods:
        yield from _method_figures(method)
    if evaluation.difference is not None:
        bounds = {"": evaluation.difference.value, "_low": evaluation.difference.low, "_high": evaluation.difference.high}
        for suffix, value in bounds.items():
            if value is not None and math.isfinite(value):
                yield f"difference{suffix}", float(value)
    for name, metrics in evaluation.slices.items():
        for metric, found in metrics.items():
            if math.isfinite(found.value):
                yield f"slice.{_key(name)}.{_key(metric)}", float(found.value)


def _method_figures(method: MethodResult) -> Iterator[tuple[str, float]]:
    prefix = "" if method.is_served else f"{_key(method.name)}."
    for name, metric in method.metrics.items():
        for suffix, value in (("", metric.value), ("_low", metric.low), ("_high", metric.high)):
            if value is not None and math.isfinite(value):
                yield f"{prefix}{_key(name)}{suffix}", float(value)


def parameters(config: Any) -> Iterator[tuple[str, str]]:
    """Every hyper-parameter as text, nested ones joined by dots."""
    if config is None:
        return
    values = dict(config) if isinstance(config, Mapping) else dataclasses.asdict(config)
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{_key(name)}.{inner}", text) for inner, text in parameters(value))
        else:
            yield _key(name), str(value)[:_LONGEST_PARAM]


def git_commit() -> str:
    """The commit of the code that runs, `unknown` outside a checkout; an image sets MARKETPLACE_GIT_COMMIT."""
    if given := os.environ.get("MARKETPLACE_GIT_COMMIT"):
        return given
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _describe(folder: Path, name: str, model: Any, run_id: str) -> None:
    """Write MLflow's `MLmodel` with signature, and the input example, beside the model's own files."""
    from mlflow.models import Model, infer_signature

    given, answered = example_call(name, model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a hint about integers that might be missing one day
        signature = infer_signature(given, answered)
    example = "input_example.json"
    (folder / example).write_text(json.dumps(given, indent=2, default=str))
    requirements = [f"{package}=={installed(package)}" for package in _REQUIREMENTS]
    (folder / "requirements.txt").write_text("\n".join(requirements) + "\n")
    Model(
        artifact_path="model",
        run_id=run_id,
        signature=signature,
        saved_input_example_info={"artifact_path": example, "type": "json_object"},
        flavors={
            "customiseyou": {
                "class": f"{type(model).__module__}:{type(model).__qualname__}",
                "python_version": platform.python_version(),
                "requirements": "requirements.txt",
            }
        },
    ).save(str(folder / "MLmodel"))


def _key(name: str) -> str:
    return re.sub(r"[^\w\-./ ]", "_", str(name))
