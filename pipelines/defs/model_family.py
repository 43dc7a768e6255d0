"""The two assets that every model family has: a challenger, and the champion that it may become."""

import importlib
from collections.abc import Iterator, Sequence

import dagster as dg

from marketplace.errors import EmptyTrainingSetError
from marketplace.vocabulary import ModelName
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource


def model_family(name: ModelName, *, deps: Sequence[Sequence[str]]) -> list[dg.AssetsDefinition]:
    """`models/<name>`, the trained and registered challenger, and `champions/<name>`, the version that is served.

    The check `<name>_challenger_is_no_worse` guards the promotion: where it fails, the champion stays and the run says so.
    A marketplace without data for the family skips both.
    """
    check = dg.AssetCheckSpec(f"{name}_challenger_is_no_worse", asset=["models", name.value], blocking=True)

    @dg.asset(
        key=["models", name.value],
        group_name=name.value,
        kinds={"mlflow"},
        deps=[dg.AssetKey(list(key)) for key in deps],
        check_specs=[check],
        output_required=False,
        description=f"The {name} challenger: trained on what is known, evaluated beside its baselines, registered.",
    )
    def challenger(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, registry: ModelRegistryResource
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from pipelines.training import TOLERANCE, may_be_promoted, train_challenger

        package = importlib.import_module(f"models.{name.value}")
        try:
            trained = train_challenger(name, package, warehouse.open(), registry, until=warehouse.data_until())
        except EmptyTrainingSetError as nothing:
            context.log.warning(f"{name}: not trained, {nothing}")
            # Without a challenger the champion's step is skipped; the warning on the check says why, and fails no run.
            yield dg.AssetCheckResult(
                passed=False,
                check_name=check.name,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"judgement": f"not trained: {nothing}"},
            )
            return
        allowed, why = may_be_promoted(trained, tolerance=TOLERANCE[name])
        served = trained.evaluation.served
        figures = {metric: float(value.value) for metric, value in served.metrics.items()} if served else {}
        yield dg.MaterializeResult(
            metadata={"version": trained.version, "judgement": why, **figures},
            check_results=[dg.AssetCheckResult(passed=allowed, check_name=check.name, metadata={"judgement": why})],
        )

    @dg.asset(
        key=["champions", name.value],
        group_name=name.value,
        kinds={"mlflow"},
        deps=[challenger],
        description=f"The {name} version that is served: the alias `champion`, moved to the challenger.",
    )
    def champion(registry: ModelRegistryResource) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"version": registry.promote_challenger(name)})

    return [challenger, champion]
