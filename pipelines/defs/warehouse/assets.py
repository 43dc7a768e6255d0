"""Staging, intermediate, marts and features: dbt, called once for tables of all time and once for tables by day."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from pipelines.defs.warehouse.turns import one_build_at_a_time
from pipelines.partitions import DAILY

FEATURES = "tag:features"
# A run with this tag restates what new rows touch, on whatever days that is; without it the run's partitions are built again.
RESTATES_TOUCHED = {"marketplace/restates": "touched"}
# Unit tests judge the code, not the data: the tests run them.
BUILD = ["build", "--exclude-resource-type", "unit_test"]


class StageGroups(DagsterDbtTranslator):
    """Assets grouped by stage. Staging, intermediate and marts are one: they build on each other to and fro."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """`features`, `warehouse`, or `raw` for sources."""
        if dbt_resource_props["resource_type"] == "source":
            return "raw"
        return "features" if dbt_resource_props["fqn"][1] == "features" else "warehouse"


def warehouse_assets(project: DbtProject) -> list[dg.AssetsDefinition]:
    """The two groups of dbt assets: without partitions, and feature tables by UTC day."""
    translator = StageGroups()

    @dbt_assets(manifest=project.manifest_path, project=project, exclude=FEATURES, dagster_dbt_translator=translator)
    def warehouse(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        with one_build_at_a_time():
            yield from dbt.cli(BUILD, context=context).stream()

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        select=FEATURES,
        partitions_def=DAILY,
        backfill_policy=dg.BackfillPolicy.single_run(),
        dagster_dbt_translator=translator,
    )
    def features(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        bounds = {}
        if not context.run.tags.items() >= RESTATES_TOUCHED.items():
            days = context.partition_time_window
            last = days.end - timedelta(days=1)  # the window ends with the last day, the bounds include it
            bounds = {"min_date": days.start.date().isoformat(), "max_date": last.date().isoformat()}
        with one_build_at_a_time():
            yield from dbt.cli([*BUILD, "--vars", json.dumps(bounds)], context=context).stream()

    return [warehouse, features]
