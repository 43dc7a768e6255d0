"""`monitoring/experiment_figures` and `predictions/explored_products`: what was learned from what was shown."""

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource


@dg.asset(
    key=["monitoring", "experiment_figures"],
    group_name="experiments",
    deps=[["marts", "fct_experiment_units"], ["marts", "fct_impressions"], ["marts", "fct_events"]],
)
def experiment_figures(warehouse: WarehouseResource, registry: ModelRegistryResource) -> dg.MaterializeResult:
    """Rates of arms and their differences with intervals, and what champion and challenger would have earned by the log."""
    import pandas as pd

    from pipelines.experiments import experiment_figures as measured
    from pipelines.off_policy import estimate_versions, logged_draws

    opened = warehouse.open()
    figures = [measured(opened)]
    versions = registry.load_both(ModelName.RECOMMENDATION)
    draws = logged_draws(opened)
    if len(draws) and versions:
        figures.append(estimate_versions(draws, versions))
    frame = pd.concat([one for one in figures if len(one)] or figures[:1]).assign(measured_at=pd.Timestamp.now(tz="UTC"))
    rows = opened.write(frame, "monitoring", "experiment_figures", replace_where="true")
    return dg.MaterializeResult(metadata={"rows": rows, "draws": len(draws), "versions": list(versions)})


@dg.asset(
    key=["predictions", "explored_products"],
    group_name="experiments",
    deps=[["marts", "fct_impressions"], ["marts", "dim_products"]],
)
def explored_products(warehouse: WarehouseResource) -> dg.MaterializeResult:
    """New products with their chances for the explored place, by the clicks that they had there."""
    from pipelines.exploration import explored_products as chosen

    opened = warehouse.open()
    frame = chosen(opened, until=warehouse.data_until())
    rows = opened.write(frame, "predictions", "explored_products", replace_where="true")
    return dg.MaterializeResult(metadata={"rows": rows, "shown": int(frame["shown_count"].sum()) if rows else 0})


ASSETS = [experiment_figures, explored_products]
