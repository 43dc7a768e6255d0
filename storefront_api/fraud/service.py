"""The decision about a payment attempt: by rules and model together, or by the rules alone while no model answers."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace import fraud_rules
from marketplace.contracts.fraud import FraudReason, FraudScoreRequest, FraudScoreResponse
from marketplace.errors import ModelUnavailableError
from marketplace.fraud_rules import RuleHit, facts_of
from marketplace.settings import StorefrontSettings
from marketplace.vocabulary import FraudDecision
from storefront_api.clients import FraudClient
from storefront_api.fraud.rules import RulesAtWork
from storefront_api.security import new_id

_LARGEST_PRIORITY = 32_767
_json = partial(Jsonb, dumps=orjson.dumps)
# Where no model says how likely fraud is, a rule without points counts as the shipped ones that ask for the same.
_RISK = {
    FraudDecision.APPROVE: 0.0,
    FraudDecision.REVIEW: 0.4,
    FraudDecision.BLOCK_AND_REVIEW: 0.8,
    FraudDecision.DECLINE: 1.0,
}


@dataclass(frozen=True)
class Decision:
    """What checkout does with an attempt, and everything that explains it later."""

    request: FraudScoreRequest
    decision: FraudDecision
    probability: float | None
    score: int | None
    reasons: list[FraudReason]
    rules: RulesAtWork
    rule_hits: Sequence[RuleHit]
    features: Mapping[str, Any]
    model_name: str | None
    model_version: str | None
    rules_decision: FraudDecision
    model_decision: FraudDecision | None
    is_fallback: bool
    is_degraded: bool
    latency_ms: float

    @property
    def priority(self) -> int:
        """Where a case stands in the queue: the money expected to be lost, in whole units of the currency."""
        risk = self.probability
        if risk is None:
            risk = min(1.0, max(fraud_rules.points(self.rule_hits) / 100, _RISK[self.rules_decision]))
        return min(_LARGEST_PRIORITY, round(risk * self.request.amount_minor / 100))


@dataclass(frozen=True)
class HoldPolicy:
    """From which amount an order waits for a person while a part is down, by currency; an unnamed currency always waits.

    Below it, rules decide without the fraud service, and the model without its feature store. Whatever was decided so is
    scored again when the part is back.
    """

    unscored_minor: Mapping[str, int]
    degraded_minor: Mapping[str, int]

    @classmethod
    def of(cls, settings: StorefrontSettings) -> "HoldPolicy":
        return cls(settings.unscored_order_limit_minor, settings.degraded_order_limit_minor)


async def decide(client: FraudClient, request: FraudScoreRequest, rules: RulesAtWork, *, policy: HoldPolicy) -> Decision:
    """The decision, within the service's deadline.

    Without the service the rules decide, and an order that is large for its currency waits for a person: nobody is turned
    away because a machine is down, and nobody buys dearly because of it.
    """
    started = time.perf_counter()
    try:
        return await decide_by_model(client, request, rules, policy=policy)
    except ModelUnavailableError:
        return _decided(request, rules, policy.unscored_minor, answer=None, started=started)


async def decide_by_model(client: FraudClient, request: FraudScoreRequest, rules: RulesAtWork, *, policy: HoldPolicy) -> Decision:
    """The decision of model and rules together.

    Raises:
        ModelUnavailableError: the service did not answer within its deadline.
    """
    started = time.perf_counter()
    answer = await client.score(request)
    limits = policy.degraded_minor if answer.is_degraded else None
    return _decided(request, rules, limits, answer=answer, started=started)


def _decided(
    request: FraudScoreRequest,
    rules: RulesAtWork,
    hold_from_minor: Mapping[str, int] | None,
    *,
    answer: FraudScoreResponse | None,
    started: float,
) -> Decision:
    """Rules first, then the model beside them, then what is held because a part is down."""
    facts = facts_of(request, answer.features if answer else None, lists=rules.lists)
    hits = fraud_rules.hits(rules.rule_set, facts, snoozed=rules.snoozed)
    verdict = fraud_rules.verdict(rules.rule_set, hits)
    decision = verdict.beside(answer.decision) if answer else verdict.decision
    reasons = _said(hits) + (answer.reasons if answer else [])
    is_large = hold_from_minor is not None and request.amount_minor >= hold_from_minor.get(request.currency, 0)
    if is_large and not verdict.is_allowed:
        decision = fraud_rules.harder(decision, FraudDecision.REVIEW)
        why = "that no model could score" if answer is None else "whose history no model could see"
        reasons.append(FraudReason(feature="amount_minor", sentence=f"large for an order {why}", kind="rule"))
    return Decision(
        request=request,
        decision=decision,
        probability=answer.probability if answer else None,
        score=answer.score if answer else None,
        reasons=reasons,
        rules=rules,
        rule_hits=hits,
        features=answer.features if answer else request.velocity.model_dump(),
        model_name=answer.model if answer else None,
        model_version=answer.version if answer else None,
        rules_decision=verdict.decision,
        model_decision=answer.decision if answer else None,
        is_fallback=answer is None,
        is_degraded=answer is not None and answer.is_degraded,
        latency_ms=(time.perf_counter() - started) * 1000,
    )


def _said(hits: Sequence[RuleHit]) -> list[FraudReason]:
    return [FraudReason(feature=hit.name, sentence=hit.sentence, kind="rule") for hit in hits]


async def store(
    connection: AsyncConnection[DictRow], decision: Decision, *, event_id: str, order_id: str | None, now: datetime
) -> bool:
    """Whether the decision was appended, with everything it was made of; about one event only the first ever is."""
    rules = decision.rules
    cursor = await connection.execute(
        """
        insert into shop.fraud_decisions (fraud_decision_id, event_id, payment_attempt_id, order_id, decision, probability, score,
            reasons, rule_hits, features, inputs, model_name, model_version, model_decision, rules_decision,
            rules_version, is_fallback, is_degraded, latency_ms, decided_at)
        values (%(id)s, %(event)s, %(attempt)s, %(order)s, %(decision)s, %(probability)s, %(score)s,
            %(reasons)s, %(hits)s, %(features)s, %(inputs)s, %(model)s, %(version)s, %(model_decision)s,
            %(rules_decision)s, %(rules)s, %(is_fallback)s, %(is_degraded)s, %(latency_ms)s, %(now)s)
        on conflict (event_id) do nothing returning true as is_first
        """,
        {
            "id": new_id("dec"),
            "event": event_id,
            "attempt": decision.request.payment_attempt_id,
            "order": order_id,
            "decision": decision.decision,
            "probability": decision.probability,
            "score": decision.score,
            "reasons": _json([reason.model_dump() for reason in decision.reasons]),
            "hits": _json([asdict(hit) for hit in decision.rule_hits]),
            "features": _json(dict(decision.features)),
            "inputs": _json(
                {
                    "request": decision.request.model_dump(mode="json"),
                    "lists": sorted(rules.lists),
                    "snoozed": sorted(rules.snoozed),
                }
            ),
            "model": decision.model_name,
            "version": decision.model_version,
            "model_decision": decision.model_decision,
            "rules_decision": decision.rules_decision,
            "rules": rules.version_name,
            "is_fallback": decision.is_fallback,
            "is_degraded": decision.is_degraded,
            "latency_ms": decision.latency_ms,
            "now": now,
        },
    )
    return await cursor.fetchone() is not None


async def open_case(connection: AsyncConnection[DictRow], decision: Decision, *, order_id: str | None, now: datetime) -> None:
    """Put the attempt into the analysts' queue; one that is there already only moves to its new place."""
    await connection.execute(
        "insert into shop.fraud_cases (fraud_case_id, payment_attempt_id, order_id, priority, opened_at) "
        "values (%s, %s, %s, %s, %s) on conflict (payment_attempt_id) do update set priority = excluded.priority",
        (new_id("case"), decision.request.payment_attempt_id, order_id, decision.priority, now),
    )
