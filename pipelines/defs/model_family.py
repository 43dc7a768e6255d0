"""The two assets that every model family has: a challenger, and the champion that it may become.

The checks are not `blocking` as Dagster means it: that would fail the step, and with it everything that comes after, while a
refused challenger is no fault and the champion serves on (docs/decisions/0008-a-refusal-stops-the-promotion-alone.md).
"""

import importlib
from collections.abc import Iterator, Sequence

import dagster as dg

from marketplace.errors import EmptyTrainingSetError
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource


def model_family(name: str, *, deps: Sequence[Sequence[str]]) -> list[dg.AssetsDefinition]:
    """`models/<name>`, the trained challenger, and `champions/<name>`, the version that is served.

    Two checks guard the promotion: where one refuses the challenger, it fails as an error, the champion stays, and the reason
    stands in the check, in the registry and at the end of the run; what is computed with the champion is computed with the one
    that serves. A claim that so little data cannot decide is a warning and refuses nobody. A marketplace without data for the
    family skips both assets, and one without a champion skips what would be computed with it.

    Args:
        name: registered model, and the package below `models/` that trains it.
    """
    name = str(name)
    beats_baseline = dg.AssetCheckSpec(f"{name}_challenger_beats_baseline", asset=["models", name])
    no_worse = dg.AssetCheckSpec(f"{name}_challenger_is_no_worse_than_champion", asset=["models", name])

    @dg.asset(
        key=["models", name],
        group_name=name,
        kinds={"mlflow"},
        deps=[dg.AssetKey(list(key)) for key in deps],
        check_specs=[beats_baseline, no_worse],
        output_required=False,
        description=f"The {name} challenger: trained on what is known, evaluated beside its baselines, judged, registered.",
    )
    def challenger(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, registry: ModelRegistryResource
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from pipelines.training import Verdict, train_challenger

        def result(spec: dg.AssetCheckSpec, verdict: Verdict) -> dg.AssetCheckResult:
            severity = dg.AssetCheckSeverity.ERROR if verdict.refuses else dg.AssetCheckSeverity.WARN
            return dg.AssetCheckResult(
                passed=verdict.holds, check_name=spec.name, severity=severity, metadata={"judgement": verdict.words}
            )

        package = importlib.import_module(f"models.{name}")
        try:
            trained = train_challenger(name, package, warehouse.open(), registry, until=warehouse.data_until(), by=_run(context))
        except EmptyTrainingSetError as nothing:
            context.log.warning(f"{name}: not trained, {nothing}")
            # Without a challenger the champion's step is skipped; the warning on the checks says why, and fails no run.
            untrained = Verdict(False, False, f"not trained: {nothing}")
            yield from (result(spec, untrained) for spec in (beats_baseline, no_worse))
            return
        served = trained.evaluation.served
        figures = {metric: float(value.value) for metric, value in served.metrics.items()} if served else {}
        version = trained.version or "none: not worth one"
        yield dg.MaterializeResult(metadata={"version": version, "judgement": trained.judgement, **figures})
        yield result(beats_baseline, trained.against_baseline)
        yield result(no_worse, trained.against_champion)

    @dg.asset(
        key=["champions", name],
        group_name=name,
        kinds={"mlflow"},
        deps=[challenger],
        output_required=False,
        description=f"The {name} version that serves: the challenger if the checks passed it, else the one that served before.",
    )
    def champion(context: dg.AssetExecutionContext, registry: ModelRegistryResource) -> Iterator[dg.MaterializeResult]:
        served, refusal = registry.promote_challenger(name, by=_run(context))
        if refusal is not None:
            context.log.warning(f"the {name} challenger was refused: {refusal}")
        if served is None:
            context.log.warning(f"{name} has no champion, so nothing is computed with it")
            return
        let_go = ", ".join(registry.let_go_of_snapshots(name)) or "none"
        metadata = {"version": served.version, "refused": refusal or "nobody", "snapshots_let_go": let_go}
        yield dg.MaterializeResult(metadata=metadata)

    return [challenger, champion]


def _run(context: dg.AssetExecutionContext) -> str:
    return f"pipeline run {context.run.run_id}"
