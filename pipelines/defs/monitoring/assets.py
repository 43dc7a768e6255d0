"""`drift/<model>`: what each model reads, says and does, and how well, by window; and the job that sends alerts again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from marketplace.vocabulary import ModelName, Stream
from pipelines.defs.monitoring.champion import champion_of
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

if TYPE_CHECKING:
    from pipelines.defs.monitoring.measuring import Measured

_JUDGED = [["raw_shop", "fraud_decisions"], ["marts", "fct_payment_attempts"], ["marts", "fct_fraud_labels"]]
# After the data that a model reads, never after the model: drift is looked at whether or not a challenger was promoted.
_READS: dict[tuple[ModelName, Stream], Sequence[Sequence[str]]] = {
    (ModelName.FRAUD, Stream.INPUTS): [["training", "fraud"]],
    (ModelName.RECOMMENDATION, Stream.INPUTS): [["marts", "fct_events"]],
    (ModelName.TAGGING, Stream.INPUTS): [["marts", "dim_products"]],
    (ModelName.SELLER_ANALYTICS, Stream.INPUTS): [["marts", "fct_seller_days"]],
    (ModelName.OUTLOOK, Stream.INPUTS): [["intermediate", "int_orders_dated_by_approval"]],
    (ModelName.REVIEW_SENTIMENT, Stream.INPUTS): [["marts", "fct_reviews"]],
    (ModelName.FRAUD, Stream.DECISIONS): [["raw_shop", "fraud_decisions"]],
    (ModelName.RECOMMENDATION, Stream.IMPRESSIONS): [["marts", "fct_impressions"]],
    (ModelName.FRAUD, Stream.ESTIMATES): _JUDGED,
    (ModelName.FRAUD, Stream.REALISED): _JUDGED,
}
_CLAIMS = {
    Stream.INPUTS: "sees_what_it_was_trained_on",
    Stream.DECISIONS: "decides_live_as_before",
    Stream.IMPRESSIONS: "is_shown_and_clicked_as_before",
    Stream.ESTIMATES: "is_estimated_to_do_as_well_as_before",
    Stream.REALISED: "does_as_well_as_it_was_estimated_to",
}
_SUBJECTS = {
    Stream.INPUTS: "what the {} model reads and says",
    Stream.DECISIONS: "what the {} model and the rules decided live",
    Stream.IMPRESSIONS: "what was shown of the {} model, and clicked",
    Stream.ESTIMATES: "how well the {} model does by its own probabilities",
    Stream.REALISED: "how well the {} model did by labels, beside its estimate",
}


def _drift_asset(name: ModelName, stream: Stream) -> dg.AssetsDefinition:
    key = ["drift", name.value if stream is Stream.INPUTS else f"{name}_{stream}"]
    check = dg.AssetCheckSpec(f"{name}_{_CLAIMS[stream]}", asset=key)

    @dg.asset(
        key=key,
        group_name="monitoring",
        deps=[dg.AssetKey(list(read)) for read in _READS[name, stream]],
        check_specs=[check],
        description=f"Effect sizes between the windows of {_SUBJECTS[stream].format(name)}, and the alerts they raise.",
    )
    def drift(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, registry: ModelRegistryResource
    ) -> dg.MaterializeResult:
        from marketplace.settings import load_settings
        from pipelines.alerts import deliver_alerts

        measured = _measured(name, stream, warehouse, registry)
        delivered = deliver_alerts(load_settings())
        if delivered.failed:
            context.log.warning(f"alerts wait for their next turn: {dict(delivered.failed)}")
        newest = f"{measured.newest.start:%Y-%m-%d} to {measured.newest.end:%Y-%m-%d}" if measured.newest else measured.reason
        metadata = {
            "windows": measured.windows,
            "newest_window": newest,
            "drifting": list(measured.drifting),
            "open_alerts": [alert.feature for alert in measured.alerts],
            "alerts_sent": delivered.sent,
        }
        return dg.MaterializeResult(
            metadata=metadata,
            check_results=[
                dg.AssetCheckResult(
                    passed=not measured.alerts,
                    check_name=check.name,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"actions": {alert.feature: alert.action for alert in measured.alerts}},
                )
            ],
        )

    return drift


def _measured(name: ModelName, stream: Stream, warehouse: WarehouseResource, registry: ModelRegistryResource) -> "Measured":
    from pipelines.defs.monitoring.live import watched_live
    from pipelines.defs.monitoring.measuring import measure
    from pipelines.defs.monitoring.performance import measure_performance
    from pipelines.defs.monitoring.watched import watched_models

    if stream in (Stream.ESTIMATES, Stream.REALISED):
        return measure_performance(warehouse.open(), stream, until=warehouse.data_until())
    everything = (*watched_models(), *watched_live())
    watched = next(one for one in everything if (one.model, one.stream) == (name, stream))
    return measure(warehouse.open(), watched, champion_of(registry, name), until=warehouse.data_until())


@dg.op
def send_alerts(context: dg.OpExecutionContext) -> None:
    """To every sink what it does not know yet of alerts."""
    from marketplace.settings import load_settings
    from pipelines.alerts import deliver_alerts

    delivered = deliver_alerts(load_settings())
    context.log.info(f"{delivered.sent} sent, failed: {dict(delivered.failed) or 'none'}")


@dg.job(executor_def=dg.in_process_executor, description="Tries sinks again that failed.")
def deliver_alerts_again() -> None:
    send_alerts()


@dg.sensor(job=deliver_alerts_again, minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.RUNNING)
def undelivered_alerts(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A run while an alert waits for a sink that failed: every five minutes, so that a short outage costs minutes."""
    import psycopg

    from marketplace.settings import load_settings
    from pipelines.alerts import has_pending

    settings = load_settings()
    with psycopg.connect(settings.database_url()) as connection:
        is_waiting = has_pending(connection, settings.alerts)
    return dg.RunRequest() if is_waiting else dg.SkipReason("every sink knows of every alert")


ASSETS = [_drift_asset(*watched) for watched in _READS]
