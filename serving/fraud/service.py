"""The fraud service: probability, decision and reasons for one attempt to pay."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import bentoml

from marketplace import fraud_rules
from marketplace.contracts.fraud import (
    FraudScoreRequest,
    FraudScoreResponse,
    ShadowDecision,
    ShadowRequest,
    ShadowResponse,
)
from marketplace.vocabulary import ModelName
from models.fraud.decision import decide, risk_score
from models.fraud.features import (
    CUSTOMER_FEATURES,
    DEVICE_FEATURES,
    FEATURE_SERVICE,
    FEATURES,
    RING_FEATURES,
    request_data,
    serving_features,
    to_matrix,
)
from models.fraud.model import FraudModel, Scored
from models.fraud.reasons import reasons
from models.request_risk import request_features
from serving.model_service import ModelService, endpoint, options
from serving.online_features import OnlineFeatures
from serving.together import Together


@bentoml.service(**options(ModelName.FRAUD))
class FraudService(ModelService[FraudModel]):
    """Scores payment attempts by the model alone; checkout, which has the shop's rules and lists, holds both together."""

    def __init__(self) -> None:
        super().__init__(ModelName.FRAUD, FraudModel.load)
        self.challenger = self.challenger_beside(self.champion)
        self.features = OnlineFeatures(FEATURE_SERVICE)
        self.features.warm(_NOBODY)
        self._scored = Together(self._score_all)

    @endpoint
    async def score(self, request: FraudScoreRequest, /) -> FraudScoreResponse:
        """Probability of fraud, the decision that follows, and what moved them."""
        return await self._scored(request)

    async def _score_all(self, requests: Sequence[FraudScoreRequest]) -> list[FraudScoreResponse]:
        version, model = self.champion.current
        asked = [request_data(request) for request in requests]
        stored = await self.features.read_soon(asked)
        rows = [
            serving_features(request, known if known is not None else _without_store(data))
            for request, data, known in zip(requests, asked, stored, strict=True)
        ]
        scored = model.score_with_reasons(rows)
        return [
            _response(request, features, scored, row, version=version, model=model, is_degraded=known is None)
            for row, (request, features, known) in enumerate(zip(requests, rows, stored, strict=True))
        ]

    @endpoint
    def shadow(self, request: ShadowRequest, /) -> ShadowResponse:
        """What the challenger would have asked for on attempts that are decided; on the very features of their decisions."""
        slot = self.challenger.slot()
        if slot is None:
            return ShadowResponse(version=None)
        version, model = slot
        attempts = [attempt for attempt in request.attempts if attempt.features.keys() >= set(FEATURES)]
        probabilities, _ = model.score_matrix(to_matrix([attempt.features for attempt in attempts]))
        return ShadowResponse(
            version=version,
            features=list(FEATURES),
            decisions=[
                ShadowDecision(
                    payment_attempt_id=attempt.payment_attempt_id,
                    probability=probability,
                    score=risk_score(probability, model.thresholds),
                    decision=decide(probability, attempt.amount_minor, model.thresholds),
                )
                for attempt, probability in zip(attempts, probabilities.tolist(), strict=True)
            ],
        )


def _response(
    request: FraudScoreRequest,
    features: Mapping[str, Any],
    scored: Scored,
    row: int,
    *,
    version: str,
    model: FraudModel,
    is_degraded: bool,
) -> FraudScoreResponse:
    """What is said of the attempt in this row of those scored."""
    probability, anomaly = float(scored.probability[row]), float(scored.anomaly_score[row])
    return FraudScoreResponse(
        model=ModelName.FRAUD,
        version=version,
        is_degraded=is_degraded,
        payment_attempt_id=request.payment_attempt_id,
        probability=probability,
        score=risk_score(probability, model.thresholds),
        anomaly_score=anomaly,
        decision=decide(probability, request.amount_minor, model.thresholds),
        reasons=reasons(_strongest_first(scored, row), {**features, "anomaly_score": anomaly}, is_cold_start=model.is_cold_start),
        rules_version=fraud_rules.RULES_VERSION,
        features={name: _plain(value) for name, value in features.items()},
        decided_at=datetime.now(UTC),
    )


def _without_store(asked: dict[str, Any]) -> dict[str, Any]:
    """What the request alone says: everything stored is unknown, the rest is computed as ever."""
    return {**dict.fromkeys((*CUSTOMER_FEATURES, *DEVICE_FEATURES, *RING_FEATURES)), **request_features(asked)}


def _strongest_first(scored: Scored, row: int) -> list[tuple[str, float]]:
    named = zip(scored.names, scored.contributions[row].tolist(), strict=True)
    return sorted(named, key=lambda contribution: -abs(contribution[1]))


def _plain(value: Any) -> float | None:
    """JSON knows no NaN: unknown is null."""
    return None if value is None or value != value else float(value)


_NOBODY = request_data(
    FraudScoreRequest(
        payment_attempt_id="", customer_id="", amount_minor=0, currency="", attempted_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
)
