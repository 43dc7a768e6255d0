"""Assets of the monitoring on a shop where nothing has happened."""

import dagster as dg

from pipelines.defs.monitoring import assets as monitoring
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource


def measure_nothing(database_url: str, *names: str) -> tuple[dict[str, object], set[str]]:
    """What each asset, by its last name, says of its newest window, without a registry at that; and the checks that pass."""
    resources = {
        "warehouse": WarehouseResource(database_url=database_url),
        "registry": ModelRegistryResource(tracking_uri="http://127.0.0.1:9"),
    }
    result = dg.materialize([asset for asset in monitoring.ASSETS if asset.key.path[-1] in names], resources=resources)
    made = result.get_asset_materialization_events()
    said = {event.asset_key.path[-1]: event.materialization.metadata["newest_window"].value for event in made}
    return said, {check.check_name for check in result.get_asset_check_evaluations() if check.passed}
