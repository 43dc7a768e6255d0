"""When a model is worth training again: enough new rows since its training data ended, or a strong drift; never too often."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.review_words import HAS_WORDS
from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.registry import ModelRegistry

# Broken data: training on it would teach it.
_BROKEN = ("nulls", "collapse", "unknown_ids")


@dataclass(frozen=True)
class Policy:
    """What is counted, how much of it is enough, and how long a training is left alone.

    `table` and `instant` say which rows are new: those whose instant lies at or after the end of the champion's training data;
    `only` is an SQL condition on the rows that the model learns from, where those are not all, and `is_found` on those that say
    that what the model looks for was found; `found_by` is the column that says who found it.
    Enough is `min_rows`, and `min_share` of what was known before.
    """

    table: str
    instant: str
    min_rows: int
    min_share: float
    cool_down: timedelta
    only: str = "true"
    is_found: str = "true"
    found_by: str | None = None


POLICIES = {
    ModelName.RECOMMENDATION: Policy("marts.fct_interactions", "interacted_at", 1_000, 0.05, timedelta(hours=6)),
    # Labels, not attempts: they are what a classifier learns from, and they come weeks after the attempt.
    ModelName.FRAUD: Policy(
        "marts.fct_fraud_labels", "labelled_at", 50, 0.1, timedelta(days=1), is_found="is_fraud", found_by="label_source"
    ),
    ModelName.TAGGING: Policy("marts.dim_products", "listed_at", 50, 0.1, timedelta(days=1)),
    ModelName.SELLER_ANALYTICS: Policy("marts.fct_order_items", "ordered_at", 200, 0.05, timedelta(days=1)),
    ModelName.OUTLOOK: Policy("marts.fct_orders", "ordered_at", 200, 0.05, timedelta(days=1)),
    ModelName.REVIEW_SENTIMENT: Policy("marts.fct_reviews", "reviewed_at", 100, 0.1, timedelta(days=1), only=HAS_WORDS),
}


@dataclass(frozen=True)
class Facts:
    """What is known of a family when somebody asks whether it should be trained."""

    champion: str | None
    training_cutoff: datetime | None = None
    last_trained_at: datetime | None = None
    new_rows: int = 0
    known_rows: int = 0
    drift_raised_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """Whether to train, and why or why not, in words."""

    is_due: bool
    words: str


def decide(policy: Policy, facts: Facts, *, now: datetime, last_asked_at: datetime | None) -> Decision:
    """Train when there is a reason, and the cool-down since the last training, or the last that was asked for, is over."""
    if facts.champion is None or facts.training_cutoff is None:
        return Decision(False, "no champion yet: the first `marketplace run` trains one")
    wanted = max(policy.min_rows, int(policy.min_share * facts.known_rows))
    counted = f"{facts.new_rows} new rows of {policy.table} since {facts.training_cutoff:%Y-%m-%d %H:%M}"
    # A drift that was there at the last training is not cured by another one.
    drift = facts.drift_raised_at
    if drift is not None and (facts.last_trained_at is None or drift > facts.last_trained_at):
        why = f"strong drift raised at {drift:%Y-%m-%d %H:%M}"
    elif facts.new_rows >= wanted:
        why = counted
    else:
        return Decision(False, f"{counted}, {wanted} are wanted")
    last = max(filter(None, (facts.last_trained_at, last_asked_at)), default=None)
    if last is not None and now - last < policy.cool_down:
        again = last + policy.cool_down
        return Decision(False, f"{why}, but trained or asked for at {last:%Y-%m-%d %H:%M}: not before {again:%Y-%m-%d %H:%M}")
    return Decision(True, why)


def gather(name: ModelName, policy: Policy, warehouse: Warehouse, registry: ModelRegistry) -> Facts:
    """The facts of one family, from the registry and the warehouse.

    Raises:
        ModelUnavailableError: the registry does not answer.
    """
    champion = registry.resolve(name)
    cutoff = champion.tags.get("training_cutoff") if champion else None
    if champion is None or cutoff is None:
        return Facts(None)
    since = datetime.fromisoformat(cutoff)
    with warehouse.connect() as connection:
        new, known = _counts(connection, policy, since)
        drift = _strong_drift(connection, name, policy, since if new else None)
    trained = max(version.created_at for version in registry.versions(name))
    refusal = registry.last_refusal(name)  # a candidate that became no version was trained all the same
    return Facts(
        champion.version,
        since,
        max(trained, refusal.at) if refusal else trained,
        new,
        known,
        drift,
    )


def _counts(connection: Any, policy: Policy, since: datetime) -> tuple[int, int]:
    """Rows at or after an instant, and before it; none while the table is not built."""
    if not connection.execute("select to_regclass(%s)", [policy.table]).fetchone()[0]:
        return 0, 0
    query = (
        f"select count(*) filter (where {policy.instant} >= %(since)s), count(*) filter (where {policy.instant} < %(since)s)"
        f" from {policy.table} where {policy.only}"
    )
    new, known = connection.execute(query, {"since": since}).fetchone()
    return int(new), int(known)


def _strong_drift(connection: Any, name: ModelName, policy: Policy, labels_since: datetime | None) -> datetime | None:
    """Since when the newest open drift is there that training can answer: other inputs, or labels that part from the estimate.

    Where labels no longer arrive, whatever was paid ends as legitimate. So realised figures count only with something found since
    the window began that the champion has not seen (`labels_since`; None: nothing is new), and while nobody who told of it before
    has fallen silent.
    """
    learns = "false"
    if labels_since and not _is_somebody_silent(connection, policy, labels_since):
        is_unseen = f"{policy.instant} >= greatest(window_start, %(since)s)"
        learns = f"exists (select from {policy.table} where {is_unseen} and {policy.is_found})"
    query = (
        "select max(raised_at) from monitoring.alerts where model_name = %(name)s and level = 'strong' and resolved_at is null"
        f" and measure <> all(%(broken)s) and (stream = 'inputs' or stream = 'realised' and {learns})"
    )
    values = {"since": labels_since, "name": name.value, "broken": list(_BROKEN)}
    raised_at = connection.execute(query, values).fetchone()[0]
    return raised_at.astimezone(UTC) if raised_at is not None else None


def _is_somebody_silent(connection: Any, policy: Policy, since: datetime) -> bool:
    """Whether one of those who find has stopped: at the usual pace so long a silence comes once in a hundred times.

    Who had stopped long before the champion's data ended is not missed: it has learnt without. Days are counted, not rows: what
    belongs to one ring is told at once.
    """
    if policy.found_by is None:
        return False
    query = _SILENT.format(table=policy.table, instant=policy.instant, is_found=policy.is_found, found_by=policy.found_by)
    values = {"since": since, "pace": _PACE, "least": _LEAST_DAYS, "most": -math.log(_CHANCE_OF_SILENCE)}
    return bool(connection.execute(query.encode(), values).fetchone()[0])


_PACE = timedelta(weeks=8)  # as many weeks as realised figures are compared with
_LEAST_DAYS = 5  # of fewer there is no pace
_CHANCE_OF_SILENCE = 0.01
# Days on which something is found come by chance: none comes in a time in which n are usual with a chance of exp(-n) (Poisson).
_SILENT = """
with days as (
    select {found_by} as finder, date_trunc('day', {instant}) as day from {table} where {is_found} group by 1, 2
), lasts as (
    select finder, day, max(day) over (partition by finder) as last_day from days
), paces as (
    select finder, last_day, count(*) as days from lasts where day > last_day - %(pace)s group by 1, 2
)
select coalesce(bool_or(
    days * extract(epoch from (select max({instant}) from {table}) - last_day) / extract(epoch from %(pace)s) > %(most)s
), false) from paces where days >= %(least)s and last_day > %(since)s - %(pace)s
"""
