"""When a model is worth training again: enough new rows since its training data ended, or a strong drift; never too often."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.fraud_outcomes import LABEL_DELAY
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
    that what the model looks for was found.
    Enough is `min_rows`, and `min_share` of what was known before.
    """

    table: str
    instant: str
    min_rows: int
    min_share: float
    cool_down: timedelta
    only: str = "true"
    is_found: str = "true"


POLICIES = {
    ModelName.RECOMMENDATION: Policy("marts.fct_interactions", "interacted_at", 1_000, 0.05, timedelta(hours=6)),
    # Labels, not attempts: they are what a classifier learns from, and they come weeks after the attempt.
    ModelName.FRAUD: Policy("marts.fct_fraud_labels", "labelled_at", 50, 0.1, timedelta(days=1), is_found="is_fraud"),
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
    the window began that the champion has not seen (`labels_since`; None: nothing is new). They are there since their window was
    mature: late labels that name another figure, or an earlier week, are no news.
    """
    learns = (
        f"exists (select from {policy.table} where {policy.instant} >= greatest(window_start, %(since)s) and {policy.is_found})"
    )
    query = (
        "select max(case stream when 'inputs' then raised_at else least(raised_at, window_end + %(delay)s) end)"
        " from monitoring.alerts where model_name = %(name)s and level = 'strong' and resolved_at is null"
        " and measure <> all(%(broken)s)"
        f" and (stream = 'inputs' or stream = 'realised' and {learns if labels_since else 'false'})"
    )
    values = {"since": labels_since, "delay": LABEL_DELAY, "name": name.value, "broken": list(_BROKEN)}
    raised_at = connection.execute(query, values).fetchone()[0]
    return raised_at.astimezone(UTC) if raised_at is not None else None
