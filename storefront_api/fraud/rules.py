"""The rules at work for one attempt: the published set, the lists that it stands on, the rules that it is spared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import orjson
import structlog
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from marketplace import fraud_rules
from marketplace.fraud_rules import InvalidRulesError, RuleSet
from marketplace.vocabulary import EntityKind

log = structlog.get_logger(__name__)

_AT_WORK = """
with identities as (select * from unnest(%(kinds)s::text[], %(values)s::text[]) as given (kind, value))
select published.version, published.document::text as document,
    array(
        select distinct list_name from shop.fraud_list_entries join identities using (kind, value)
        where removed_at is null and added_at <= %(now)s and (expires_at is null or expires_at > %(now)s) order by 1
    ) as lists,
    array(
        select distinct rule_name from shop.fraud_rule_snoozes join identities using (kind, value)
        where ended_at is null and snoozed_at <= %(now)s and expires_at > %(now)s order by 1
    ) as snoozed
from (select) as nothing
left join lateral (
    select sets.version, sets.document
    from shop.fraud_rule_publications as publications
    join shop.fraud_rule_sets as sets using (version)
    order by publications.fraud_rule_publication_id desc
    limit 1
) as published on true
"""


@dataclass(frozen=True)
class RulesAtWork:
    """What rules have to say at an instant: the published version, and what people decided about this attempt's identities."""

    version: int
    rule_set: RuleSet
    lists: frozenset[str] = frozenset()
    snoozed: frozenset[str] = frozenset()

    @property
    def version_name(self) -> str:
        return fraud_rules.version_name(self.version)


async def rules_at_work(
    connection: AsyncConnection[DictRow], entities: Mapping[EntityKind, str | None], *, now: datetime
) -> RulesAtWork:
    """The rules for an attempt by these entities; the shipped ones until somebody publishes others."""
    return read_rules(await (await ask_for_rules(connection, entities, now=now)).fetchone())


async def ask_for_rules(
    connection: AsyncConnection[DictRow], entities: Mapping[EntityKind, str | None], *, now: datetime
) -> AsyncCursor[DictRow]:
    """The question behind `rules_at_work`, for a pipeline; `read_rules` reads its one row."""
    known = {kind.value: value for kind, value in entities.items() if value is not None}
    return await connection.execute(_AT_WORK, {"kinds": list(known), "values": list(known.values()), "now": now})


def read_rules(row: DictRow | None) -> RulesAtWork:
    """The rules that the row of `ask_for_rules` names."""
    assert row is not None
    version, rule_set = _readable(row["version"], row["document"])
    return RulesAtWork(version, rule_set, frozenset(row["lists"]), frozenset(row["snoozed"]))


def _readable(version: int | None, document: str | None) -> tuple[int, RuleSet]:
    """The published set, or the shipped one where none is; one that this code cannot read must not stop checkout."""
    if version is not None and document is not None:
        try:
            return version, _parsed(document)
        except InvalidRulesError as error:
            log.error("published_rules_unreadable", version=version, reason=str(error))
    return fraud_rules.SHIPPED_VERSION, fraud_rules.shipped()


@lru_cache(maxsize=8)
def _parsed(document: str) -> RuleSet:
    """Versions never change, so a text is read once per process."""
    return fraud_rules.read_rule_set(orjson.loads(document))
