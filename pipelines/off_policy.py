"""Two versions judged on logged traffic: by what either would have put on the explored place, and what was clicked there."""

from typing import Any

import pandas as pd

from marketplace.warehouse import Warehouse
from models.evaluation import Metric
from models.recommendation import RecommendationModel
from models.recommendation.off_policy import OffPolicyEstimate, compare, estimate
from models.recommendation.replay import Draw, agreement
from pipelines.experiments import COLUMNS

EXPLORED_PLACE = "explored_place"  # its figures stand beside those of experiments, for the log is an experiment of its own
MOST_DRAWS = 5_000

_DRAWS = """
    select impressions.customer_id, impressions.unit_id, impressions.product_id, impressions.propensity,
        impressions.alternative_product_ids, impressions.is_clicked, coalesce(recent.product_ids, '{{}}') as recent_product_ids
    from marts.fct_impressions as impressions
    left join lateral (
        select array_agg(product_id order by last_at desc) as product_ids
        from (
            select product_id, max(occurred_at) as last_at
            from marts.fct_events as events
            where events.session_id = impressions.session_id and events.event_type = 'product_view'
                and events.occurred_at < impressions.shown_at
            group by 1 order by 2 desc limit 20
        ) as viewed
    ) as recent on true
    where impressions.alternative_product_ids is not null
    order by impressions.shown_at desc, impressions.impression_id
    limit {most}
"""


def logged_draws(warehouse: Warehouse, *, most: int = MOST_DRAWS) -> pd.DataFrame:
    """The newest explored places with what was known then, what was drawn, how likely, and whether it was clicked."""
    return warehouse.read(_DRAWS.format(most=most))


def estimate_versions(draws: pd.DataFrame, versions: dict[str, RecommendationModel]) -> pd.DataFrame:
    """Rows of `pipelines.experiments.COLUMNS`: each version's click rate on the explored place, IPS and SNIPS, with how much
    of the log speaks for it; of each but the first the difference to it.

    Args:
        versions: by the name that the figures are to carry, the control first.
    """
    places = [
        Draw(row.customer_id, tuple(row.recent_product_ids), tuple(row.alternative_product_ids), row.product_id)
        for row in draws.itertuples(index=False)
    ]
    log = {"rewards": draws["is_clicked"], "propensities": draws["propensity"], "units": draws["unit_id"]}
    chosen = {name: agreement(model, places) for name, model in versions.items()}
    rows: list[tuple[Any, ...]] = []
    for name, probabilities in chosen.items():
        rows += _rows(name, estimate(target_probabilities=probabilities, **log))
        control = next(iter(chosen))
        if name != control:
            found = compare(challenger=probabilities, champion=chosen[control], **log)
            rows.append((EXPLORED_PLACE, name, "snips_difference", *_numbers(found), None))
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(name: str, found: OffPolicyEstimate) -> list[tuple[Any, ...]]:
    sizes = {"draws": float(found.row_count), "effective_size": found.effective_size}
    return [
        (EXPLORED_PLACE, name, "ips", *_numbers(found.ips), None),
        (EXPLORED_PLACE, name, "snips", *_numbers(found.snips), None),
        *((EXPLORED_PLACE, name, metric, size, None, None, None) for metric, size in sizes.items()),
    ]


def _numbers(found: Metric) -> tuple[float | None, float | None, float | None]:
    value, low, high = (None if number is None or pd.isna(number) else number for number in (found.value, found.low, found.high))
    return value, low, high
