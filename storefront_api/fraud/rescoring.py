"""Scoring again what was decided without the fraud service, or by a model without its feature store."""

from datetime import datetime, timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.fraud import FraudScoreRequest
from marketplace.errors import ModelUnavailableError
from marketplace.vocabulary import FraudDecision, OrderStatus
from storefront_api.clients import FraudClient
from storefront_api.database import Database
from storefront_api.fraud import service
from storefront_api.fraud.rules import rules_at_work
from storefront_api.fraud.velocity import Identities, past_of
from storefront_api.orders import repository as orders_repository
from storefront_api.orders import service as orders

_LOOK_BACK = timedelta(days=7)
# A full answer is asked for, and nothing is held because a part is down.
_NOTHING_HELD = service.HoldPolicy({}, {})

_WAITING = """
    select distinct on (decisions.payment_attempt_id) decisions.payment_attempt_id
    from shop.fraud_decisions as decisions
    where (decisions.is_fallback or decisions.is_degraded) and decisions.decided_at > %(since)s and not exists (
        select from shop.fraud_decisions as better
        where better.payment_attempt_id = decisions.payment_attempt_id and not better.is_fallback and not better.is_degraded
    )
    limit %(limit)s
"""
_ATTEMPT = """
    select attempts.*, host(attempts.ip_address) as address, users.signed_up_at,
        shipping.country_code as shipping_country_code, shipping.latitude as shipping_latitude,
        shipping.longitude as shipping_longitude, billing.country_code as billing_country_code,
        billing.latitude as billing_latitude, billing.longitude as billing_longitude,
        array(select distinct seller_id from shop.order_items where order_items.order_id = attempts.order_id order by 1)
            as seller_ids
    from shop.payment_attempts as attempts
    join shop.users on users.user_id = attempts.customer_id
    left join shop.addresses as shipping on shipping.address_id = attempts.shipping_address_id
    left join shop.addresses as billing on billing.address_id = attempts.billing_address_id
    where attempts.payment_attempt_id = %s
"""


async def rescore_fallbacks(database: Database, client: FraudClient, *, now: datetime, limit: int = 50) -> int:
    """How many attempts got the model's decision that they had missed; stops at the first that the service cannot score in full.

    Each is a transaction of its own, so what was done before an interruption stays done.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(_WAITING, {"since": now - _LOOK_BACK, "limit": limit})
        waiting = [row["payment_attempt_id"] for row in await cursor.fetchall()]
    done = 0
    for payment_attempt_id in waiting:
        try:
            async with database.transaction() as connection:
                await _rescore(connection, client, payment_attempt_id, now=now)
        except ModelUnavailableError:
            break
        done += 1
    return done


async def _rescore(connection: AsyncConnection[DictRow], client: FraudClient, payment_attempt_id: str, *, now: datetime) -> None:
    row = await (await connection.execute(_ATTEMPT, (payment_attempt_id,))).fetchone()
    assert row is not None
    identities = Identities(
        row["customer_id"], row["device_id"], row["card_token"], row["shipping_address_hash"], row["seller_id"]
    )
    rules = await rules_at_work(connection, identities.entities(row["address"]), now=now)
    request = await _request(connection, row, identities)
    decision = await service.decide_by_model(client, request, rules, policy=_NOTHING_HELD)
    if decision.is_degraded:
        raise ModelUnavailableError("the fraud service has no feature store yet; what waits goes on waiting")
    event_id = f"{payment_attempt_id}:again"
    is_first = await service.store(connection, decision, event_id=event_id, order_id=row["order_id"], now=now)
    if row["order_id"] is None or not is_first:
        return
    order = await orders_repository.lock_order(connection, row["order_id"])
    if order is not None:
        await _act(connection, decision, order, now=now)


async def _request(connection: AsyncConnection[DictRow], row: DictRow, identities: Identities) -> FraudScoreRequest:
    known = {name: row[name] for name in FraudScoreRequest.model_fields if name in row}
    past = await past_of(connection, identities, at=row["attempted_at"])
    travel_kmh = past.travel_kmh(row["ip_latitude"], row["ip_longitude"], at=row["attempted_at"])
    return FraudScoreRequest(**known, customer_travel_kmh=travel_kmh, velocity=past.velocity)


async def _act(connection: AsyncConnection[DictRow], decision: service.Decision, order: DictRow, *, now: datetime) -> None:
    """A held order goes where the model would have sent it at once, unless an analyst has it; the rest is for people."""
    order_id, is_held = order["order_id"], order["status"] == OrderStatus.HELD_FOR_REVIEW
    is_automatic = decision.decision in (FraudDecision.APPROVE, FraudDecision.DECLINE)
    if is_held and is_automatic:
        if await _is_claimed(connection, order_id):
            return
        settle = orders.approve_held if decision.decision is FraudDecision.APPROVE else orders.decline_held
        await settle(connection, order_id, now=now)
        await orders_repository.close_case(connection, order_id, now=now)
    elif decision.decision is not FraudDecision.APPROVE:
        await service.open_case(connection, decision, order_id=order_id, now=now)


async def _is_claimed(connection: AsyncConnection[DictRow], order_id: str) -> bool:
    cursor = await connection.execute(
        "select 1 from shop.fraud_cases where order_id = %s and status = 'claimed' for update", (order_id,)
    )
    return await cursor.fetchone() is not None
