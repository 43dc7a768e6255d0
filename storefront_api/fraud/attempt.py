"""Where an attempt to pay begins: alone with its identities, its past counted, and the rules for it at hand."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.fraud.rules import RulesAtWork, ask_for_rules, read_rules
from storefront_api.fraud.velocity import Identities, Past, ask_for_past, lock_identities, read_past


@dataclass(frozen=True)
class Attempt:
    """Its instant, what came before it, and the rules for it."""

    at: datetime
    past: Past
    rules: RulesAtWork


async def begin_attempt(connection: AsyncConnection[DictRow], identities: Identities, *, address: str | None) -> Attempt:
    """The attempt, whose identities are its own until the transaction ends; others wait, so the database is asked just twice."""
    at = await lock_identities(connection, identities)
    async with connection.pipeline():
        past = await ask_for_past(connection, identities, at=at)
        rules = await ask_for_rules(connection, identities.entities(address), now=at)
        return Attempt(at, read_past(await past.fetchone()), read_rules(await rules.fetchone()))
