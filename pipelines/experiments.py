"""What experiments have shown so far, as rows of `monitoring.experiment_figures`."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from marketplace.vocabulary import ExperimentKind
from marketplace.warehouse import Warehouse
from models.evaluation import Metric
from models.metrics.experiments import Difference, difference, preference, rate, sample_ratio
from models.metrics.position_bias import fit_examination

COLUMNS = ["experiment_id", "arm", "metric", "value", "low", "high", "p_value"]
_OF_IMPRESSIONS = {"click_rate": "click_count", "cart_rate": "cart_count", "revenue_per_1000": "revenue_minor"}


def experiment_figures(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of `COLUMNS` for every experiment, computed over the marts."""
    experiments = warehouse.read("select experiment_id, kind, arms::text as arms from staging.stg_shop__experiments order by 1")
    units = warehouse.read("select * from marts.fct_experiment_units order by experiment_id, unit_id, arm")
    impressions = warehouse.read(
        "select experiment_id, arm, product_id, position, is_clicked from marts.fct_impressions where experiment_id is not null"
    )
    rows: list[tuple[Any, ...]] = []
    for experiment_id, kind, arms in experiments.itertuples(index=False):
        of_units = units[units["experiment_id"] == experiment_id]
        of_impressions = impressions[impressions["experiment_id"] == experiment_id]
        rows += [(experiment_id, *row) for row in figures(ExperimentKind(kind), json.loads(arms), of_units, of_impressions)]
    return pd.DataFrame(rows, columns=COLUMNS)


def figures(
    kind: ExperimentKind, arms: Sequence[dict[str, Any]], units: pd.DataFrame, impressions: pd.DataFrame
) -> Iterable[tuple[str, str, float | None, float | None, float | None, float | None]]:
    """Arm, metric, value, low, high and p-value; arm is empty for the experiment as such.

    Of each arm its rates, and of each but the first their difference to it. Revenue is in minor units.

    Args:
        units: rows of `fct_experiment_units`.
        impressions: rows of `fct_impressions`.
    """
    names = [str(arm["name"]) for arm in arms]
    by_arm = {name: units[units["arm"] == name] for name in names}
    if kind is ExperimentKind.AB:
        counts = [len(by_arm[name]) for name in names]
        found = sample_ratio(counts, [arm["share"] for arm in arms])
        yield "", "sample_ratio", found.p_value, None, None, found.p_value
    else:
        yield _row("", "preference", _preference(by_arm[names[0]], by_arm[names[1]]))
    examined = _examined(impressions)
    for name in names:
        yield name, "units", float(len(by_arm[name])), None, None, None
        yield name, "impressions", float(by_arm[name]["impression_count"].sum()), None, None, None
        for metric, sums in _sums(by_arm[name], examined.get(name)).items():
            yield _row(name, metric, rate(*sums))
            if name != names[0]:
                control = _sums(by_arm[names[0]], examined.get(names[0]))[metric]
                yield _row(name, f"{metric}_difference", difference(sums, control))


def _sums(units: pd.DataFrame, examined: float | None) -> dict[str, tuple[Any, Any]]:
    """Numerators and denominators of each metric, one per unit."""
    shown = units["impression_count"].to_numpy(np.float64)
    sums: dict[str, tuple[Any, Any]] = {
        metric: (units[column].to_numpy(np.float64) * (1000 if metric == "revenue_per_1000" else 1), shown)
        for metric, column in _OF_IMPRESSIONS.items()
    }
    # the arm's mean chance of being looked at, for all of its units: lists have their places in common
    sums["click_rate_if_seen"] = (units["click_count"].to_numpy(np.float64), shown * (examined if examined else 1.0))
    sums["conversion"] = ((units["order_count"].to_numpy() > 0).astype(np.float64), None)
    return sums


def _examined(impressions: pd.DataFrame) -> dict[str, float]:
    """Per arm how likely its places are looked at on average, the first place surely; fitted over all arms together."""
    if impressions.empty:
        return {}
    places = fit_examination(impressions["product_id"], impressions["position"], impressions["is_clicked"])
    chance = pd.Series(places.of(impressions["position"]), index=impressions.index)
    return {str(arm): float(mean) for arm, mean in chance.groupby(impressions["arm"]).mean().items()}


def _preference(first: pd.DataFrame, second: pd.DataFrame) -> Difference:
    clicks = pd.concat({"first": first, "second": second}).reset_index(level=0, names="list")
    table = clicks.pivot_table(index="unit_id", columns="list", values="click_count", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=["first", "second"], fill_value=0)
    return preference(table["first"], table["second"])


def _row(
    arm: str, metric: str, found: Metric | Difference
) -> tuple[str, str, float | None, float | None, float | None, float | None]:
    measured = found.metric if isinstance(found, Difference) else found
    p_value = found.p_value if isinstance(found, Difference) else None
    numbers = [measured.value, measured.low, measured.high, p_value]
    value, low, high, p = [None if number is None or np.isnan(number) else float(number) for number in numbers]
    return arm, metric, value, low, high, p
