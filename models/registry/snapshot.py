"""A training set and a configuration as files, so that a version can be trained again on exactly what it was trained on.

Marts are rebuilt and late rows restate them: the query that was read last month gives other rows today. So the frames
themselves are kept, as Parquet beside the version's run.
"""

import importlib
import json
import platform
import tempfile
from dataclasses import fields
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd

TRAINING_SET, CONFIG, ENVIRONMENT = "training_set.json", "config.json", "environment.json"
_LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm", "implicit")


def write_snapshot(folder: Path, training_set: Any, config: Any) -> None:
    """Write a dataclass of frames and plain values, and a dataclass of hyper-parameters, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {name: _write(folder, name, value, hint) for name, value, hint in _fields(training_set)}
    _write_json(folder / TRAINING_SET, {"class": _class_name(training_set), "fields": written})
    _write_json(folder / CONFIG, {"class": _class_name(config), "values": _plain(type(config), config)})
    _write_json(folder / ENVIRONMENT, environment())


def read_snapshot(folder: Path) -> tuple[Any, Any]:
    """The training set and the configuration that `write_snapshot` wrote."""
    stored = json.loads((folder / TRAINING_SET).read_text())
    made = _class(stored["class"])
    hints = get_type_hints(made)
    training_set = made(**{name: _read(folder, held, hints[name]) for name, held in stored["fields"].items()})
    config = json.loads((folder / CONFIG).read_text())
    return training_set, _typed(_class(config["class"]), config["values"])


def as_stored(training_set: Any, config: Any) -> Any:
    """The training set as it comes back from its files.

    Training starts from this form: a missing value may be None in a frame from a query and NaN in one from a file, and
    the model that is trained again shall not see another one.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_snapshot(Path(folder), training_set, config)
        return read_snapshot(Path(folder))[0]


def environment() -> dict[str, str]:
    """What a result may depend on beside data, configuration and our own code."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{library: installed(library) for library in _LIBRARIES},
    }


def stored_environment(folder: Path) -> dict[str, str]:
    """The `environment` in which a snapshot was written."""
    return {name: str(value) for name, value in json.loads((folder / ENVIRONMENT).read_text()).items()}


def _fields(value: Any) -> list[tuple[str, Any, Any]]:
    hints = get_type_hints(type(value))
    return [(field.name, getattr(value, field.name), hints[field.name]) for field in fields(value)]


def _write(folder: Path, name: str, value: Any, hint: Any) -> dict[str, Any]:
    if isinstance(value, pd.DataFrame):
        value.to_parquet(folder / f"{name}.parquet", compression="zstd")
        return {"frame": f"{name}.parquet"}
    if isinstance(value, np.ndarray):
        np.save(folder / f"{name}.npy", value, allow_pickle=False)
        return {"array": f"{name}.npy"}
    if isinstance(value, pd.Timestamp):  # a datetime to Python, a class of its own to pydantic
        return {"timestamp": value.isoformat()}
    return {"value": _plain(hint, value)}


def _read(folder: Path, held: dict[str, Any], hint: Any) -> Any:
    if "frame" in held:
        return pd.read_parquet(folder / held["frame"])
    if "array" in held:
        return np.load(folder / held["array"], allow_pickle=False)
    if "timestamp" in held:
        return pd.Timestamp(held["timestamp"])
    return _typed(hint, held["value"])


def _plain(hint: Any, value: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(hint).dump_python(value, mode="json")


def _typed(hint: Any, plain: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(hint).validate_json(json.dumps(plain))


def _class_name(value: Any) -> str:
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _class(name: str) -> Any:
    module, _, qualname = name.partition(":")
    if not module.startswith("models."):
        raise ValueError(f"a snapshot holds classes of models, not {name!r}")
    return getattr(importlib.import_module(module), qualname)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False))
