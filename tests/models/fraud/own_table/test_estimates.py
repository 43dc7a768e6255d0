"""Estimates of a window from its probabilities alone, beside what its labels realised."""

import numpy as np
import pytest

from models.fraud.own_table.estimates import ALERTS_A_DAY, alerts, estimates
from models.fraud.own_table.scores import ScoredWindow
from models.metrics.classification import average_precision


def window(seed: int, *, told: float = 0.0, rows: int = 20_000) -> ScoredWindow:
    """Seven days; `told` is by how much the log-odds are overstated."""
    rng = np.random.default_rng(seed)
    odds = np.where(rng.random(rows) < 0.03, rng.normal(0, 2.5, rows), rng.normal(-6, 1.2, rows))
    is_fraud = rng.random(rows) < 1 / (1 + np.exp(-odds))
    return ScoredWindow(rng.integers(0, 900, rows), rng.integers(0, 7, rows), is_fraud, 1 / (1 + np.exp(-odds - told)))


def test_a_calibrated_score_is_estimated_within_chance_and_the_error_is_the_distance() -> None:
    windows = [window(1), window(2)]
    told = estimates({"ours": windows}, ["first", "second"])["ours"]
    first = told["windows"]["first"]
    ranked = average_precision(windows[0].is_fraud.astype(float), windows[0].probability)
    assert first["average_precision"]["realised"] == pytest.approx(ranked)
    assert first["average_precision"]["error"] == pytest.approx(abs(first["average_precision"]["estimated"] - ranked))
    for figures in told["windows"].values():
        for one in figures.values():
            assert one["low"] <= one["realised"] <= one["high"]
            assert one["error"] < 0.03
    errors = [figures["average_precision"]["error"] for figures in told["windows"].values()]
    assert told["mean"]["average_precision"]["error"] == pytest.approx(np.mean(errors))


def test_overstated_odds_are_off_by_more_than_chance() -> None:
    told = estimates({"ours": [window(1, told=1.5)]}, ["week"])["ours"]["windows"]["week"]
    assert told["alert_precision_at_100"]["realised"] < told["alert_precision_at_100"]["low"]


def test_alerts_are_the_likeliest_of_each_day_and_their_precision_is_that_of_their_labels() -> None:
    held = window(3)
    is_alert = alerts(held)
    for day in range(7):
        own, chosen = held.days == day, is_alert & (held.days == day)
        assert chosen.sum() == ALERTS_A_DAY
        assert held.probability[chosen].min() >= held.probability[own & ~is_alert].max()
    told = estimates({"ours": [held]}, ["week"])["ours"]["windows"]["week"]["alert_precision_at_100"]
    assert told["realised"] == pytest.approx(held.is_fraud[is_alert].mean())
    assert told["estimated"] == pytest.approx(held.probability[is_alert].mean(), abs=0.005)


def test_without_fraud_there_is_nothing_to_compare() -> None:
    held = window(4, rows=300)
    nothing = ScoredWindow(held.customers, held.days, np.zeros(300, bool), held.probability)
    told = estimates({"ours": [nothing]}, ["week"])["ours"]
    assert (told["windows"]["week"]["average_precision"]["realised"], told["mean"]["average_precision"]["error"]) == (None, None)
    assert told["windows"]["week"]["alert_precision_at_100"]["realised"] == 0
