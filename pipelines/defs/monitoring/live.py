"""What is watched of the models at work: what the fraud service decided at checkouts, and what shelves showed and got clicked.

Compared with the windows just before, whoever served then: no champion was trained on this. A row is a payment or a shelf,
since the twelve products of one shelf are one answer and not twelve.
"""

from marketplace.vocabulary import ModelName, Stream
from models.monitoring import Feature, Kind
from pipelines.defs.monitoring.watched import Watched

# An attempt that was decided without the model is scored again within a week; what checkout did is the first decision.
# Probabilities in broad bands compare across versions: each calibrates what is nearly nothing a little otherwise.
_DECISIONS = """
select * from (
    select distinct on (payment_attempt_id)
        decided_at,
        model_version,
        decision,
        score,
        case
            when probability < 0.05 then 'below 5 %'
            when probability < 0.2 then '5 to 20 %'
            when probability < 0.5 then '20 to 50 %'
            when probability < 0.8 then '50 to 80 %'
            when probability >= 0.8 then '80 % or more'
        end as risk
    from raw_shop.fraud_decisions
    where decided_at >= timestamptz '{since}' - interval '7 days' and decided_at < '{until}'
    order by payment_attempt_id, decided_at, fraud_decision_id
) as first_decisions
where decided_at >= '{since}'
"""
_SHELVES = """
select
    min(shown_at) as shown_at,
    min(shelf) as shelf,
    mode() within group (order by model_version) filter (where model_name = 'recommendation' and not is_fallback)
        as model_version,
    mode() within group (order by candidate_source) filter (where not is_fallback) as candidate_source,
    min(position) filter (where is_clicked) as clicked_position,
    bool_or(is_clicked)::int as is_clicked
from marts.fct_impressions
where shown_at >= '{since}' and shown_at < '{until}'
group by request_id
"""


def watched_live() -> tuple[Watched, ...]:
    """All that is watched of live answers."""
    decisions = Watched(
        ModelName.FRAUD,
        "raw_shop.fraud_decisions",
        "decided_at",
        (
            Feature("risk", Kind.CATEGORY, missing="decided by rules alone"),
            Feature("decision", Kind.CATEGORY, derived_from=("risk",)),
        ),
        columns={},
        stream=Stream.DECISIONS,
        rows=_DECISIONS,
        by_version=(Feature("score"),),
        told_by_version="score",
    )
    impressions = Watched(
        ModelName.RECOMMENDATION,
        "marts.fct_impressions",
        "shown_at",
        (
            Feature("shelf", Kind.CATEGORY),
            Feature("candidate_source", Kind.CATEGORY, derived_from=("shelf",), missing="filled from stored lists"),
            Feature("clicked_position", derived_from=("shelf", "candidate_source"), missing="without a click", is_rare=True),
        ),
        columns={},
        stream=Stream.IMPRESSIONS,
        rows=_SHELVES,
        count="distinct request_id",
        told_by_version="is_clicked",
    )
    return (decisions, impressions)
