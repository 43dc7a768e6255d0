"""A simulated shop that fraud decisions are timed in: a trained model, its stored features, and attempts to pay as requests."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from marketplace.contracts.fraud import FraudScoreRequest
    from models.fraud import FraudModel, TrainingSet

CUSTOMERS, DAYS, SEED, UNTIL = 2_000, 120, 7, datetime(2026, 11, 20, tzinfo=UTC)
VERSION = "1-benchmark"
# Written into the folder of the benchmark for the servers that it starts.
FOLDER, PEERS = "BENCHMARK_FOLDER", "peers.joblib"


@dataclass(frozen=True)
class Shop:
    """The model, what it learnt from, and attempts of customers and devices whose stored features are known."""

    model: "FraudModel"
    training_set: "TrainingSet"
    attempts: "pd.DataFrame"
    requests: list["FraudScoreRequest"]


def simulated_shop(folder: Path) -> Shop:
    """A small simulated shop and the model of the default size trained on it; the files lie in `folder`."""
    from benchmarks._simulated_attempts import read
    from marketplace.simulation import generate
    from models.fraud import FraudConfig, train
    from models.fraud.features import RING_FEATURES

    generate(CUSTOMERS, DAYS, SEED, UNTIL, folder, lambda _: None)
    training_set = read(folder)
    model = train(training_set, FraudConfig())
    assert not model.is_cold_start
    known = training_set.frame.dropna(subset=["order_value_max_minor", "device_id", "card_token", *RING_FEATURES])
    # The last attempt says what is stored of its customer and of its device; each of both is asked about once.
    attempts = known.drop_duplicates("customer_id", keep="last").drop_duplicates("device_id", keep="last")
    return Shop(model, training_set, attempts, [_request(row) for row in attempts.to_dict("records")])


def _request(row: dict[Any, Any]) -> "FraudScoreRequest":
    from marketplace.contracts.fraud import FraudScoreRequest, Velocity

    known = {name: value for name, value in row.items() if value is not None and value == value}
    velocity = {name: int(known[name]) for name in Velocity.model_fields}
    named = {name: known[name] for name in FraudScoreRequest.model_fields if name in known}
    return FraudScoreRequest.model_validate(named | {"velocity": velocity})


def publish(shop: Shop, folder: Path) -> None:
    """Put the model where a service finds it that cannot reach the registry, and the peers beside it."""
    import joblib

    models = folder / "models" / "fraud"
    shop.model.save(models / VERSION)
    (models / "last_good").write_text(VERSION)
    joblib.dump(peers(shop), folder / PEERS)


def peers(shop: Shop) -> tuple[Any, Any]:
    """What the two libraries fit on the model's own rows by their own classes: the classifier, the forest."""
    import pandas as pd
    from lightgbm import LGBMClassifier
    from sklearn.ensemble import IsolationForest

    from models.fraud import FraudConfig
    from models.fraud.dataset import known_outcomes
    from models.fraud.features import FEATURES, to_matrix

    config, frame, model = FraudConfig(), shop.training_set.frame, shop.model
    assert model.classifier is not None
    rows = pd.DataFrame(to_matrix(frame), columns=FEATURES)
    filled = rows.fillna(dict(zip(FEATURES, model.trees.fill, strict=True)))
    samples = min(config.max_samples, len(rows))
    forest = IsolationForest(n_estimators=config.n_estimators, max_samples=samples, random_state=config.seed).fit(filled)
    outcomes = known_outcomes(frame, shop.training_set.until, label_delay=config.label_delay)
    is_known = ~np.isnan(outcomes)
    wide = rows.assign(anomaly_score=-forest.score_samples(filled))[is_known]
    classifier = LGBMClassifier(
        n_estimators=config.num_boost_round,
        learning_rate=config.learning_rate,
        num_leaves=config.num_leaves,
        min_child_samples=config.min_data_in_leaf,
        colsample_bytree=config.feature_fraction,
        subsample=config.bagging_fraction,
        subsample_freq=1,
        reg_lambda=config.lambda_l2,
        random_state=config.seed,
        boost_from_average=False,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        verbosity=-1,
    )
    return classifier.fit(wide, outcomes[is_known], init_score=model.classifier.prior.log_odds(wide.to_numpy())), forest


def store_features(shop: Shop, database_url: str) -> None:
    """Write what is known of each customer and device into the online store, and into the two tables of the plain endpoint."""
    import sqlalchemy

    from feature_repo.reader import FeatureReader
    from marketplace.settings import Settings
    from models.fraud.features import CUSTOMER_FEATURES, DEVICE_FEATURES

    reader = FeatureReader(Settings(database={"url": database_url}))  # type: ignore[arg-type]
    reader.apply()
    for view in ("customer_orders", "customer_risk", "device_activity", "customer_rings", "device_rings"):
        fields = [field.name for field in reader.store.get_feature_view(view).features]
        key = "device_id" if view.startswith("device") else "customer_id"
        # Two fields of the view are read by no fraud model.
        rows = shop.attempts.reindex(columns=[key, *fields], fill_value=0)
        whole = {name: "int64" for name in fields if name != "order_value_mean_minor"}
        rows = rows.astype(whole).assign(event_timestamp=UNTIL)
        reader.store.write_to_online_store(view, rows)
    engine = sqlalchemy.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create schema plain"))
        for table, key, names in (("customers", "customer_id", CUSTOMER_FEATURES), ("devices", "device_id", DEVICE_FEATURES)):
            shop.attempts[[key, *names]].to_sql(table, connection, schema="plain", index=False)
            connection.execute(sqlalchemy.text(f"alter table plain.{table} add primary key ({key})"))
    engine.dispose()
