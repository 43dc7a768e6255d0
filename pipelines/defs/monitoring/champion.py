"""The model that serves, as monitoring knows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.errors import ModelUnavailableError
from marketplace.vocabulary import ModelName
from pipelines.resources.model_registry import ModelRegistryResource


@dataclass(frozen=True)
class Champion:
    """The model that serves: its version, where its training ended, and the model itself."""

    version: str
    trained_until: datetime | None
    model: Any


def champion_of(registry: ModelRegistryResource, name: ModelName) -> Champion | None:
    """The served version with the end of its training; None while there is none or it cannot be loaded."""
    try:
        version = registry.open().resolve(name)
    except ModelUnavailableError:
        return None
    model = registry.load_champion(name) if version is not None else None
    if version is None or model is None:
        return None
    cutoff = version.tags.get("training_cutoff")
    return Champion(version.version, datetime.fromisoformat(cutoff) if cutoff else None, model)
