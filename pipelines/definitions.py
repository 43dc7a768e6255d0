"""The code location that Dagster loads: everything below `defs/`, and the resources that assets use."""

import dagster as dg

from pipelines.defs.experiments import assets as experiments
from pipelines.defs.features import assets as features
from pipelines.defs.fraud import assets as fraud
from pipelines.defs.monitoring import assets as monitoring
from pipelines.defs.outlook import assets as outlook
from pipelines.defs.raw import assets as raw
from pipelines.defs.recommendation import assets as recommendation
from pipelines.defs.review_sentiment import assets as review_sentiment
from pipelines.defs.schedules import RETRAINING_JOBS, SCHEDULES, daily, everything
from pipelines.defs.seller_analytics import assets as seller_analytics
from pipelines.defs.sensors import SENSORS, runs_of_dead_processes
from pipelines.defs.tagging import assets as tagging
from pipelines.defs.warehouse.assets import warehouse_assets
from pipelines.resources.dbt_project import dbt_project, dbt_resource
from pipelines.resources.feature_store import FeatureStoreResource
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

_project = dbt_project()

defs = dg.Definitions(
    assets=[
        raw.raw_shop,
        *warehouse_assets(_project),
        features.rings,
        features.feature_definitions,
        features.online_store,
        *fraud.ASSETS,
        *recommendation.ASSETS,
        *tagging.ASSETS,
        *seller_analytics.ASSETS,
        *review_sentiment.ASSETS,
        *outlook.ASSETS,
        *monitoring.ASSETS,
        *experiments.ASSETS,
    ],
    jobs=[everything, daily, *RETRAINING_JOBS.values(), monitoring.deliver_alerts_again],
    schedules=SCHEDULES,
    sensors=[*SENSORS, runs_of_dead_processes, monitoring.undelivered_alerts],
    resources={
        "warehouse": WarehouseResource(database_url=dg.EnvVar("MARKETPLACE_DATABASE__URL")),
        "registry": ModelRegistryResource(tracking_uri=dg.EnvVar("MLFLOW_TRACKING_URI")),
        "feature_store": FeatureStoreResource(),
        "dbt": dbt_resource(_project),
    },
    executor=dg.in_process_executor,
)
