"""The challenger's decisions on live attempts, made after checkout has decided and acted upon by nobody."""

from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.fraud import ShadowAttempt, ShadowRequest
from marketplace.errors import ModelUnavailableError
from marketplace.fraud_rules import harder
from marketplace.vocabulary import FraudDecision
from storefront_api.clients import FraudShadowClient
from storefront_api.database import Database
from storefront_api.fraud.schemas import ShadowComparison

_LOOK_BACK = timedelta(hours=1)

_IS_LIVE = "select exists (select from shop.fraud_decisions where decided_at > %s) as is_live"
_WAITING = """
    select decisions.payment_attempt_id, decisions.features, decisions.rules_decision, attempts.amount_minor,
        decisions.rule_hits @> '[{"action": "allow"}]' as is_allowed
    from shop.fraud_decisions as decisions
    join shop.payment_attempts as attempts using (payment_attempt_id)
    where decisions.decided_at > %(since)s and not decisions.is_fallback and not decisions.is_degraded
        and decisions.rules_decision is not null and decisions.features ?& %(features)s::text[] and not exists (
            select from shop.fraud_shadow_decisions as shadows
            where shadows.payment_attempt_id = decisions.payment_attempt_id and shadows.model_version = %(version)s
        )
    order by decisions.decided_at
    limit %(limit)s
"""
_STORE = """
    insert into shop.fraud_shadow_decisions
        (payment_attempt_id, model_version, probability, score, model_decision, decision, decided_at)
    values (%s, %s, %s, %s, %s, %s, %s)
    on conflict do nothing
"""


_REPORT = """
    with live as (
        select distinct on (payment_attempt_id) payment_attempt_id, decision, model_version
        from shop.fraud_decisions
        where not is_fallback and not is_degraded and decided_at > %(since)s
        order by payment_attempt_id, decided_at
    ),
    labels as (
        select distinct on (payment_attempt_id) payment_attempt_id, outcome
        from (
            select payment_attempt_id, outcome, labelled_at from shop.fraud_labels where outcome <> 'unsure'
            union all
            select payment_attempt_id, 'fraud', received_at from shop.chargebacks
        ) as said
        order by payment_attempt_id, labelled_at desc
    )
    select shadows.model_version as challenger_version, live.decision as live_decision, shadows.decision as shadow_decision,
        count(*)::int as attempt_count, sum(attempts.amount_minor)::bigint as amount_minor,
        count(*) filter (where labels.outcome = 'fraud')::int as fraud_count,
        count(*) filter (where labels.outcome = 'legitimate')::int as legitimate_count,
        min(shadows.decided_at) as since, max(shadows.decided_at) as until
    from shop.fraud_shadow_decisions as shadows
    join live using (payment_attempt_id)
    join shop.payment_attempts as attempts using (payment_attempt_id)
    left join labels using (payment_attempt_id)
    where shadows.decided_at > %(since)s
    group by 1, 2, 3
    order by max(shadows.decided_at) desc, 1, attempt_count desc
"""


async def shadow_report(connection: AsyncConnection[DictRow], *, since: datetime) -> list[ShadowComparison]:
    """What challengers would have decided beside what was decided, the attempts counted by both, with what came of them."""
    cursor = await connection.execute(_REPORT, {"since": since})
    return [ShadowComparison.model_validate(row) for row in await cursor.fetchall()]


async def shadow_decisions(database: Database, client: FraudShadowClient, *, now: datetime, limit: int = 200) -> int:
    """How many live attempts the challenger was asked about; none where there is none, or while it does not answer.

    Each attempt is judged once per version, on the features that were logged with its own decision; one that was decided
    without a feature that the challenger reads is passed over.
    """
    since = now - _LOOK_BACK
    async with database.transaction() as connection:
        row = await (await connection.execute(_IS_LIVE, (since,))).fetchone()
    if row is None or not row["is_live"]:
        return 0  # where nobody buys, no challenger has to be kept in memory
    try:
        challenger = await client.decide(ShadowRequest())
        if challenger.version is None:
            return 0
        async with database.transaction() as connection:
            asked = {"since": since, "version": challenger.version, "features": challenger.features, "limit": limit}
            cursor = await connection.execute(_WAITING, asked)
            waiting = {found["payment_attempt_id"]: found for found in await cursor.fetchall()}
        if not waiting:
            return 0
        fields = ShadowAttempt.model_fields
        attempts = [ShadowAttempt(**{name: found[name] for name in fields}) for found in waiting.values()]
        answer = await client.decide(ShadowRequest(attempts=attempts))
    except ModelUnavailableError:
        return 0
    if answer.version is None:
        return 0
    rows = []
    for said in answer.decisions:
        found = waiting[said.payment_attempt_id]
        both = harder(FraudDecision(found["rules_decision"]), said.decision)
        decision = FraudDecision.APPROVE if found["is_allowed"] else both
        rows.append((said.payment_attempt_id, answer.version, said.probability, said.score, said.decision, decision, now))
    async with database.transaction() as connection:
        await connection.cursor().executemany(_STORE, rows)
    return len(rows)
