"""How well the fraud model does at checkout: estimated from its own probabilities week by week, and as labels realise it.

A row is an attempt with its first decision and the probability of the first model that answered; what was refused and waits for
nobody is left out, since no outcome of it will ever be known. Weeks, however many attempts a day has: a figure of a few frauds is
chance. The desk's page of estimates shows nearly the same figures: of the shop's own weeks and its currency alone, where here are
weeks of UTC and every currency; and an alert is what became a case there, and here what the first decision sent to review.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from marketplace.fraud_outcomes import LABEL_DELAY
from marketplace.vocabulary import ModelName, Stream
from marketplace.warehouse import Warehouse
from pipelines.defs.monitoring.measuring import Measured, drifting_in
from pipelines.defs.monitoring.storing import bring_alerts_in_line, write_drift

if TYPE_CHECKING:
    import pandas as pd


# How many weeks are judged. All of them again each time: labels come late.
_HISTORY = 16
_TABLES = ("raw_shop.fraud_decisions", "marts.fct_payment_attempts", "marts.fct_fraud_labels")
# A week of an attempt is that of its first decision; an attempt decided without the model is scored again within a week.
_GROUPS = """
with decisions as (
    select fraud_decision_id, payment_attempt_id, decided_at, decision, score, probability, model_version
    from raw_shop.fraud_decisions
    where decided_at >= timestamptz '{since}' - interval '7 days' and decided_at < '{until}'
), first_decisions as (
    select distinct on (payment_attempt_id) payment_attempt_id, decided_at, decision
    from decisions order by payment_attempt_id, decided_at, fraud_decision_id
), scores as (
    select distinct on (payment_attempt_id) payment_attempt_id, score, probability, model_version
    from decisions where probability is not null order by payment_attempt_id, decided_at, fraud_decision_id
), last_words as (
    select distinct on (payment_attempt_id) payment_attempt_id, is_fraud
    from marts.fct_fraud_labels where labelled_at <= '{until}' order by payment_attempt_id, labelled_at desc, is_fraud desc
), judged as (
    select
        date_bin('7 days', decided_at, '1970-01-05 00:00+00') as window_start,
        score, probability, model_version,
        decision in ('review', 'block_and_review') as is_alert,
        outcome = 'declined' as is_declined,
        coalesce(is_fraud, case when outcome = 'authorised' and attempted_at <= '{silent}' then false end) as is_fraud
    from first_decisions
        join scores using (payment_attempt_id)
        join marts.fct_payment_attempts using (payment_attempt_id)
        left join last_words using (payment_attempt_id)
    where decided_at >= '{since}'
)
select window_start, model_version, score >= {review_score} as is_high, avg(probability)::float as probability,
    count(*)::int as attempts, count(is_fraud)::int as known, (count(*) filter (where is_fraud))::int as frauds
from judged where not is_declined or is_alert or is_fraud is not null
group by 1, 2, 3, round(probability::numeric, 3)
"""


def measure_performance(warehouse: Warehouse, stream: Stream, *, until: datetime) -> Measured:
    """Measure the newest weeks of one of the two streams, rewrite them, and bring the alerts in line.

    Args:
        stream: `ESTIMATES` judges every whole week, `REALISED` those about whose attempts silence means legitimate by `until`.
    """
    from models.monitoring import MonitoringConfig, complete_windows, measure_estimates, measure_realised, scores_by_window
    from models.monitoring.windows import WEEK

    first = _first(warehouse)
    if first is None:
        return Measured(0, None, (), (), "no attempt was decided at checkout yet")
    config = MonitoringConfig()
    last = until - LABEL_DELAY if stream is Stream.REALISED else until
    windows = complete_windows(first, last, WEEK)
    judged = windows[-_HISTORY:]
    if not judged:
        return Measured(0, None, (), (), "no whole window has passed yet")
    mature = -(LABEL_DELAY // -WEEK)
    needed = windows[-_HISTORY - config.reference_windows - mature :]
    rows = _groups(warehouse, since=needed[0].start, until=until)
    scored = scores_by_window(rows, needed)
    if stream is Stream.ESTIMATES:
        drift = measure_estimates(scored, judged, mature_after=LABEL_DELAY, config=config)
    else:
        drift = measure_realised(scored, judged, config=config)
    write_drift(warehouse, ModelName.FRAUD, stream, _with_versions(drift, rows), judged)
    alerts = bring_alerts_in_line(warehouse, ModelName.FRAUD, stream, config)
    return Measured(len(judged), judged[-1], drifting_in(drift, judged[-1]), alerts)


def _first(warehouse: Warehouse) -> datetime | None:
    """When the first attempt was decided; None where none was, or a table is not built yet."""
    with warehouse.connect() as connection:
        there = connection.execute(
            "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name", [list(_TABLES)]
        )
        if not there.fetchone()[0]:  # type: ignore[index]
            return None
        found = connection.execute("select min(decided_at) from raw_shop.fraud_decisions").fetchone()
    return found[0] if found else None


def _groups(warehouse: Warehouse, *, since: datetime, until: datetime) -> "pd.DataFrame":
    import pandas as pd

    from models.fraud.decision import REVIEW_SCORE

    rows = warehouse.read(
        _GROUPS.format(
            since=since.isoformat(),
            until=until.isoformat(),
            silent=(until - LABEL_DELAY).isoformat(),
            review_score=REVIEW_SCORE,
        )
    )
    return rows.assign(window_start=pd.to_datetime(rows["window_start"], utc=True))


def _with_versions(drift: "pd.DataFrame", rows: "pd.DataFrame") -> "pd.DataFrame":
    """The version that scored most attempts of each window, and how many each scored with which mean, in the details."""
    weighed = rows.assign(total=rows["probability"] * rows["attempts"])
    sums = weighed.groupby(["window_start", "model_version"], as_index=False)[["attempts", "total"]].sum()
    told: dict[datetime, list[list[object]]] = {}
    for start, version, count, whole in sums.sort_values("attempts", ascending=False).itertuples(index=False, name=None):
        told.setdefault(start, []).append([version, int(count), round(float(whole / count), 4)])
    of_window = [told.get(start, []) for start in drift["window_start"]]
    return drift.assign(
        details=[
            {**details, "versions": versions, "versions_by": "probability"}
            for details, versions in zip(drift["details"], of_window, strict=True)
        ],
        model_version=[versions[0][0] if versions else "none" for versions in of_window],
    )
