"""The decision about a payment attempt: by rules and model together, or by the rules alone while no model answers."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace import fraud_rules
from marketplace.contracts.fraud import FraudReason, FraudScoreRequest
from marketplace.errors import ModelUnavailableError
from marketplace.fraud_rules import RuleHit
from marketplace.vocabulary import FraudDecision
from storefront_api.clients import FraudClient
from storefront_api.security import new_id

_LARGEST_PRIORITY = 32_767


@dataclass(frozen=True)
class Decision:
    """What checkout does with an attempt, and everything that explains it later."""

    request: FraudScoreRequest
    decision: FraudDecision
    probability: float | None
    score: int | None
    reasons: list[FraudReason]
    rule_hits: Sequence[RuleHit]
    features: Mapping[str, Any]
    model_name: str | None
    model_version: str | None
    rules_version: str
    is_fallback: bool
    latency_ms: float

    @property
    def priority(self) -> int:
        """Where a case stands in the queue: the money expected to be lost, in whole units of the currency."""
        risk = self.probability
        if risk is None:
            risk = min(1.0, fraud_rules.points(self.rule_hits) / 100)
        return min(_LARGEST_PRIORITY, round(risk * self.request.amount_minor / 100))


async def decide(client: FraudClient, request: FraudScoreRequest, *, hold_from_minor: Mapping[str, int]) -> Decision:
    """The decision, within the service's deadline.

    Without the service the rules decide, and an order that is large for its currency waits for a person: nobody is turned
    away because a machine is down, and nobody buys dearly because of it.

    Args:
        hold_from_minor: by currency, the amount from which an unscored order is held; an unnamed currency is always held.
    """
    started = time.perf_counter()
    try:
        return await decide_by_model(client, request)
    except ModelUnavailableError:
        return decide_by_rules(request, hold_from_minor=hold_from_minor, started=started)


async def decide_by_model(client: FraudClient, request: FraudScoreRequest) -> Decision:
    """The fraud service's decision.

    Raises:
        ModelUnavailableError: it did not answer within its deadline.
    """
    started = time.perf_counter()
    answer = await client.score(request)
    rule_set = fraud_rules.shipped()
    hits = fraud_rules.hits(rule_set, fraud_rules.facts_of(request, answer.features))
    return Decision(
        request=request,
        decision=fraud_rules.verdict(rule_set, hits).beside(answer.decision),
        probability=answer.probability,
        score=answer.score,
        reasons=[*_said(hits), *answer.reasons],
        rule_hits=hits,
        features=answer.features,
        model_name=answer.model,
        model_version=answer.version,
        rules_version=fraud_rules.RULES_VERSION,
        is_fallback=False,
        latency_ms=(time.perf_counter() - started) * 1000,
    )


def decide_by_rules(request: FraudScoreRequest, *, hold_from_minor: Mapping[str, int], started: float) -> Decision:
    """The rules' own decision, marked as the fallback that it is."""
    rule_set = fraud_rules.shipped()
    hits = fraud_rules.hits(rule_set, fraud_rules.facts_of(request))
    decision, reasons = fraud_rules.verdict(rule_set, hits).decision, _said(hits)
    if request.amount_minor >= hold_from_minor.get(request.currency, 0):
        decision = fraud_rules.harder(decision, FraudDecision.REVIEW)
        reasons.append(FraudReason(feature="amount_minor", sentence="large for an order that no model could score", kind="rule"))
    return Decision(
        request=request,
        decision=decision,
        probability=None,
        score=None,
        reasons=reasons,
        rule_hits=hits,
        features=request.velocity.model_dump(),
        model_name=None,
        model_version=None,
        rules_version=fraud_rules.RULES_VERSION,
        is_fallback=True,
        latency_ms=(time.perf_counter() - started) * 1000,
    )


def _said(hits: Sequence[RuleHit]) -> list[FraudReason]:
    return [FraudReason(feature=hit.name, sentence=hit.sentence, kind="rule") for hit in hits]


async def store(connection: AsyncConnection[DictRow], decision: Decision, *, order_id: str | None, now: datetime) -> None:
    """Append the decision, with what it was made of."""
    await connection.execute(
        """
        insert into shop.fraud_decisions (fraud_decision_id, payment_attempt_id, order_id, decision, probability, score, reasons,
            features, model_name, model_version, rules_version, is_fallback, latency_ms, decided_at)
        values (%(id)s, %(attempt)s, %(order)s, %(decision)s, %(probability)s, %(score)s, %(reasons)s, %(features)s, %(model)s,
            %(version)s, %(rules)s, %(is_fallback)s, %(latency_ms)s, %(now)s)
        """,
        {
            "id": new_id("dec"),
            "attempt": decision.request.payment_attempt_id,
            "order": order_id,
            "decision": decision.decision,
            "probability": decision.probability,
            "score": decision.score,
            "reasons": Jsonb([reason.model_dump() for reason in decision.reasons]),
            "features": Jsonb(dict(decision.features)),
            "model": decision.model_name,
            "version": decision.model_version,
            "rules": decision.rules_version,
            "is_fallback": decision.is_fallback,
            "latency_ms": decision.latency_ms,
            "now": now,
        },
    )


async def open_case(connection: AsyncConnection[DictRow], decision: Decision, *, order_id: str | None, now: datetime) -> None:
    """Put the attempt into the analysts' queue; one that is there already only moves to its new place."""
    await connection.execute(
        "insert into shop.fraud_cases (fraud_case_id, payment_attempt_id, order_id, priority, opened_at) "
        "values (%s, %s, %s, %s, %s) on conflict (payment_attempt_id) do update set priority = excluded.priority",
        (new_id("case"), decision.request.payment_attempt_id, order_id, decision.priority, now),
    )
