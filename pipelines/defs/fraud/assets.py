"""`training/fraud`, then the fraud family."""

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.defs.model_family import model_family
from pipelines.resources.warehouse import WarehouseResource


@dg.asset(
    key=["training", "fraud"],
    group_name="fraud",
    kinds={"feast"},
    deps=[["marts", "fct_payment_attempts"], ["marts", "fct_fraud_labels"], ["feature_store", "definitions"]],
)
def fraud_training_set(warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Payment attempts with the features and labels that were known, as Feast joins them to each attempt's instant."""
    from feature_repo import retrieval
    from models import fraud

    opened = warehouse.open()
    frame = fraud.build_training_set(
        opened.read("select * from marts.fct_payment_attempts"),
        opened.read("select * from marts.fct_fraud_labels"),
        retrieval.training_set,
        until=warehouse.data_until(),
    )
    fraud.write_training_set(opened, frame)
    return dg.MaterializeResult(metadata={"rows": len(frame), "frauds": int((frame["is_fraud"] == 1).sum())})


ASSETS = [fraud_training_set, *model_family(ModelName.FRAUD, deps=[["training", "fraud"]])]
