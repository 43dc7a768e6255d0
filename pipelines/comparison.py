"""Two registered versions measured on the same newest window: the figure by which a promotion is decided."""

import importlib
from datetime import datetime
from typing import Any

from marketplace.settings import Settings
from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.registry import ModelRegistry, ModelVersion
from pipelines.resources.warehouse import WarehouseResource
from pipelines.training import TOLERANCE, judge_against_champion


def compare_on_newest_window(
    settings: Settings, registry: ModelRegistry, name: ModelName, first: ModelVersion, second: ModelVersion
) -> dict[str, Any]:
    """First minus second, paired, with its 95 % interval, as plain values; or under `not_measured` why there is no figure.

    Raises:
        MarketplaceError: the database or the registry does not answer, there is nothing to measure on, or a version cannot
            be loaded.
    """
    package = importlib.import_module(f"models.{name.value}")
    url = settings.database_url()
    until: datetime = WarehouseResource(database_url=url).data_until()
    cache_dir = settings.state_dir / "models"
    models = [registry.load_version(version, cache_dir=cache_dir) for version in (first, second)]
    training_set = package.load_training_set(Warehouse(url), until=until)
    difference = package.compare(*models, training_set)
    metric = first.tags.get("primary_metric", "in the primary metric")
    verdict = judge_against_champion(difference, second.version, metric=metric, tolerance=TOLERANCE[name])
    if not (verdict.holds or verdict.refuses):
        return {"difference": None, "not_measured": verdict.words}
    return {
        "difference": {"metric": metric, "value": difference.value, "low": difference.low, "high": difference.high},
        "not_measured": None,
        "until": until.isoformat(timespec="minutes"),
        "tolerance": TOLERANCE[name],
        "may_replace": verdict.holds,
    }
