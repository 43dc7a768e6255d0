"""What answers for the risk of an attempt to pay, as ASGI applications: the bare scoring path and the plain endpoint."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._fraud_shop import FOLDER, PEERS, VERSION
from marketplace.contracts.fraud import FraudScoreRequest

_PATIENT_SECONDS = 30.0


def scoring_app() -> Any:
    """Parse the request, read the stored features, ask both models; no server of another kind between."""
    import orjson

    from models.fraud import FraudModel
    from models.fraud.decision import decide, risk_score
    from models.fraud.features import FEATURE_SERVICE, request_data, serving_features, to_matrix
    from serving.online_features import OnlineFeatures
    from serving.together import Together

    model = FraudModel.load(Path(os.environ[FOLDER]) / "models" / "fraud" / VERSION)
    features = OnlineFeatures(FEATURE_SERVICE, deadline=_PATIENT_SECONDS)  # what is measured is reading, not giving up
    headers = [(b"content-type", b"application/json")]

    async def score_all(requests: Sequence[FraudScoreRequest]) -> list[tuple[float, float]]:
        rows = []
        for request, stored in zip(requests, await features.read_soon([request_data(one) for one in requests]), strict=True):
            assert stored is not None
            rows.append(serving_features(request, stored))
        probabilities, anomalies = model.score_matrix(to_matrix(rows))
        return list(zip(probabilities.tolist(), anomalies.tolist(), strict=True))

    scored = Together(score_all)  # as the service has it

    async def answer(body: bytes) -> bytes:
        request = FraudScoreRequest.model_validate_json(body)
        probability, anomaly = await scored(request)
        return orjson.dumps(
            {
                "payment_attempt_id": request.payment_attempt_id,
                "probability": probability,
                "anomaly_score": anomaly,
                "score": risk_score(probability, model.thresholds),
                "decision": decide(probability, request.amount_minor, model.thresholds),
            }
        )

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            message = await receive()
            assert not message.get("more_body")
            body = await answer(message["body"])
            length = (b"content-length", str(len(body)).encode())
            await send({"type": "http.response.start", "status": 200, "headers": [*headers, length]})
            await send({"type": "http.response.body", "body": body})

    return app


def plain_app() -> Any:
    """The peer, as it is usually written: FastAPI and pydantic, two ORM objects of SQLAlchemy, a frame of one row by the names
    that the two libraries' own classes were fitted with.

    The line that boosting starts from, the calibration and the features of the request are the model's: no library has them.
    """
    import joblib
    import numpy as np
    import pandas as pd
    from fastapi import FastAPI
    from pydantic import BaseModel
    from sqlalchemy import Double, Text
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.orm import declarative_base, mapped_column

    from models.fraud import FraudModel
    from models.fraud.decision import decide, risk_score
    from models.fraud.features import CUSTOMER_FEATURES, DEVICE_FEATURES, FEATURES, request_data, serving_features
    from models.request_risk import request_features

    folder = Path(os.environ[FOLDER])
    classifier, forest = joblib.load(folder / PEERS)
    model = FraudModel.load(folder / "models" / "fraud" / VERSION)
    assert model.classifier is not None
    prior, usual = model.classifier.prior, dict(zip(FEATURES, model.trees.fill, strict=True))
    base: Any = declarative_base()

    def mapped(name: str, key: str, features: tuple[str, ...]) -> Any:
        columns = {feature: mapped_column(Double) for feature in features}
        about = {"__tablename__": name, "__table_args__": {"schema": "plain"}, key: mapped_column(Text, primary_key=True)}
        return type(name, (base,), about | columns)

    customers, devices = mapped("customers", "customer_id", CUSTOMER_FEATURES), mapped("devices", "device_id", DEVICE_FEATURES)
    url = os.environ["MARKETPLACE_DATABASE__URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_async_engine(url)

    class Scored(BaseModel):
        payment_attempt_id: str
        probability: float
        anomaly_score: float
        score: int
        decision: str

    app = FastAPI()

    @app.post("/score")
    async def score(request: FraudScoreRequest) -> Scored:
        async with AsyncSession(engine) as session:
            customer = await session.get(customers, request.customer_id)
            device = await session.get(devices, request.device_id)
        stored = {name: getattr(customer, name) for name in CUSTOMER_FEATURES}
        stored |= {name: getattr(device, name) for name in DEVICE_FEATURES}
        stored |= request_features(request_data(request) | stored)
        row = pd.DataFrame([serving_features(request, stored)], columns=FEATURES, dtype=np.float64)
        anomaly = -forest.score_samples(row.fillna(usual))
        row["anomaly_score"] = anomaly
        likely = classifier.predict_proba(row)[:, 1]
        [probability] = model.calibration.probability(prior.log_odds(row.to_numpy()) + np.log(likely / (1 - likely)))
        return Scored(
            payment_attempt_id=request.payment_attempt_id,
            probability=probability,
            anomaly_score=anomaly[0],
            score=risk_score(probability, model.thresholds),
            decision=decide(probability, request.amount_minor, model.thresholds),
        )

    return app
