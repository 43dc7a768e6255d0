"""The fraud service: probability, decision and reasons for one attempt to pay."""

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
    request_data,
    serving_features,
    to_matrix,
)
from models.fraud.model import FraudModel, Scored
from models.fraud.reasons import reasons
from models.request_risk import request_features
from serving.model_service import ModelService, endpoint, options
from serving.online_features import OnlineFeatures


@bentoml.service(**options(ModelName.FRAUD))
class FraudService(ModelService[FraudModel]):
    """Scores payment attempts by the model alone; checkout, which has the shop's rules and lists, holds both together."""

    def __init__(self) -> None:
        super().__init__(ModelName.FRAUD, FraudModel.load)
        self.challenger = self.challenger_beside(self.champion)
        self.features = OnlineFeatures(FEATURE_SERVICE)
        self.features.warm(_NOBODY)

    @endpoint
    async def score(self, request: FraudScoreRequest, /) -> FraudScoreResponse:
        """Probability of fraud, the decision that follows, and what moved them."""
        version, model = self.champion.current
        asked = request_data(request)
        stored = await self.features.read_soon(asked)
        features = serving_features(request, stored if stored is not None else _without_store(asked))
        scored = model.score_with_reasons([features])
        probability = float(scored.probability[0])
        return FraudScoreResponse(
            model=ModelName.FRAUD,
            version=version,
            is_degraded=stored is None,
            payment_attempt_id=request.payment_attempt_id,
            probability=probability,
            score=risk_score(probability, model.thresholds),
            anomaly_score=float(scored.anomaly_score[0]),
            decision=decide(probability, request.amount_minor, model.thresholds),
            reasons=reasons(
                _strongest_first(scored),
                {**features, "anomaly_score": float(scored.anomaly_score[0])},
                is_cold_start=model.is_cold_start,
            ),
            rules_version=fraud_rules.RULES_VERSION,
            features={name: _plain(value) for name, value in features.items()},
            decided_at=datetime.now(UTC),
        )

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


def _without_store(asked: dict[str, Any]) -> dict[str, Any]:
    """What the request alone says: everything stored is unknown, the rest is computed as ever."""
    return {**dict.fromkeys((*CUSTOMER_FEATURES, *DEVICE_FEATURES)), **request_features(asked)}


def _strongest_first(scored: Scored) -> list[tuple[str, float]]:
    named = zip(scored.names, scored.contributions[0].tolist(), strict=True)
    return sorted(named, key=lambda contribution: -abs(contribution[1]))


def _plain(value: Any) -> float | None:
    """JSON knows no NaN: unknown is null."""
    return None if value is None or value != value else float(value)


_NOBODY = request_data(
    FraudScoreRequest(
        payment_attempt_id="", customer_id="", amount_minor=0, currency="", attempted_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
)
