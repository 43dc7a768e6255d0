"""What calibrated probabilities estimate beside what labels realised, by week, and how late frauds are known."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

from marketplace.estimated_performance import estimated_performance
from storefront_api.fraud_analytics.estimates import summed_up
from storefront_api.fraud_analytics.label_lag import known_share, label_lag
from tests.factories import insert, make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_analytics.test_figures import DAY, desk_with_a_past, period
from tests.storefront_api.fraud_reviews.factories import Shop, held_order

NO_LAG = label_lag([])


def group(monday: date, probability: float, attempts: int, *, known: int, frauds: int) -> dict[str, Any]:
    return {
        "monday": monday,
        "probability": probability,
        "is_high": probability >= 0.6,
        "attempts": attempts,
        "known": known,
        "frauds": frauds,
    }


def test_mature_weeks_are_judged_and_young_ones_only_estimated() -> None:
    before, after = date(2026, 6, 29), date(2026, 7, 6)
    rows = [
        group(before, 0.9, 10, known=8, frauds=8),
        group(before, 0.1, 20, known=20, frauds=2),
        group(after, 0.9, 10, known=3, frauds=3),
        group(after, 0.1, 10, known=0, frauds=0),
    ]
    found = summed_up(rows, NO_LAG, first=date(2026, 6, 30), last=date(2026, 7, 8), today=date(2026, 7, 27))
    newest, mature = found.weeks
    assert (newest.from_date, newest.to_date, newest.is_mature) == (date(2026, 7, 6), date(2026, 7, 8), False)
    assert (mature.from_date, mature.to_date, mature.is_mature) == (date(2026, 6, 30), date(2026, 7, 5), True)
    assert (mature.attempts, mature.known) == (30, 28)
    assert mature.frauds.estimated == pytest.approx(8 * 0.9 + 20 * 0.1, abs=0.3)  # of the known alone
    assert newest.frauds.estimated == pytest.approx(10 * 0.9 + 10 * 0.1, abs=0.3)
    assert (mature.precision.realised, mature.recall.realised, mature.frauds.realised) == (1.0, 0.8, 10)
    assert mature.average_precision.realised == pytest.approx(0.8 * 1 + 0.2 * 10 / 28)
    assert all(one.is_within_chance for one in (mature.precision, mature.recall, mature.frauds))
    assert (newest.frauds.realised, newest.precision.realised, newest.average_precision.realised) == (3, None, None)
    assert (newest.frauds.is_within_chance, newest.recall.is_within_chance) == (None, None)
    assert found.mature == mature
    assert found.young == newest
    told = {(band.lowest, band.highest): (band.estimated, band.realised.part, band.realised.whole) for band in found.reliability}
    assert told[0.8, 1.0] == (pytest.approx(0.9), 8, 8)
    assert told[0.05, 0.2] == (pytest.approx(0.1), 2, 20)
    assert told[0.2, 0.5] == (None, 0, 0)


def test_realised_figures_beyond_chance_are_said() -> None:
    rows = [group(date(2026, 6, 29), 0.9, 40, known=40, frauds=8), group(date(2026, 6, 29), 0.01, 500, known=500, frauds=5)]
    found = summed_up(rows, NO_LAG, first=date(2026, 6, 1), last=date(2026, 7, 8), today=date(2026, 7, 27))
    assert found.mature is not None
    assert (found.mature.frauds.is_within_chance, found.mature.precision.is_within_chance) == (False, False)


def test_one_figure_beyond_its_own_bounds_is_no_verdict() -> None:
    week = date(2026, 6, 29)
    rows = [group(week, 0.9, 40, known=40, frauds=31), group(week, 0.01, 500, known=500, frauds=5)]
    mature = summed_up(rows, NO_LAG, first=week, last=date(2026, 7, 5), today=date(2026, 7, 27)).mature
    assert mature is not None
    assert (mature.precision.is_within_chance, mature.is_calibrated) == (False, True)
    rows[0]["frauds"] = 20
    mature = summed_up(rows, NO_LAG, first=week, last=date(2026, 7, 5), today=date(2026, 7, 27)).mature
    assert mature is not None
    assert mature.is_calibrated is False


def test_mature_weeks_without_an_outcome_are_not_judged() -> None:
    rows = [group(date(2026, 6, 29), 0.9, 40, known=0, frauds=0)]
    mature = summed_up(rows, NO_LAG, first=date(2026, 6, 29), last=date(2026, 7, 5), today=date(2026, 7, 27)).mature
    assert mature is not None
    assert (mature.frauds.realised, mature.frauds.is_within_chance, mature.is_calibrated) == (None, None, None)


def test_alike_groups_of_several_weeks_are_drawn_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def counted(counts: Any, *others: Any) -> Any:
        drawn.append(counts.tolist())
        return estimated_performance(counts, *others)

    monkeypatch.setattr("storefront_api.fraud_analytics.estimates.estimated_performance", counted)
    mondays = [date(2026, 6, 1) + week * timedelta(days=7) for week in range(3)]
    rows = [group(monday, chance, 10, known=5, frauds=1) for monday in mondays for chance in (0.9, 0.1003)]
    found = summed_up(rows, NO_LAG, first=mondays[0], last=date(2026, 6, 21), today=date(2026, 9, 1))
    assert found.mature is not None
    assert (found.mature.attempts, found.mature.known, found.mature.frauds.realised) == (60, 30, 6)
    assert found.mature.frauds.estimated == pytest.approx(15 * (0.9 + 0.1003), abs=0.3)
    assert sorted(drawn) == [[5, 5], [5, 5], [5, 5], [15, 15]]


def test_recent_quick_news_does_not_hurry_the_curve() -> None:
    """Half of the frauds are known after 2 days, half after 30; of the last month's the slow half is not known yet."""
    rows = [{"lag_days": 2, "age_days": age, "frauds": 10} for age in range(2, 90)]
    rows += [{"lag_days": 30, "age_days": age, "frauds": 10} for age in range(30, 90)]
    curve = label_lag(rows)
    assert (curve.frauds, len(curve.shares)) == (1480, 90)
    assert [curve.shares[day] for day in (1, 2, 29, 30, 89)] == pytest.approx([0, 0.5, 0.5, 1, 1])
    week = date(2026, 6, 29), date(2026, 7, 5)
    # attempts of the last day are one whole day old, those of the six days before two to seven
    assert known_share(curve, *week, today=date(2026, 7, 7)) == pytest.approx(0.5 * 6 / 7)
    assert known_share(curve, *week, today=date(2026, 7, 5)) == pytest.approx(0.5 * 4 / 7)
    assert known_share(curve, *week, today=date(2027, 7, 8)) == 1


def test_curve_finds_a_planted_delay_again() -> None:
    rng = np.random.default_rng(4)
    age, lag = rng.integers(0, 180, 6000), np.ceil(rng.exponential(12, 6000)).astype(int)
    pairs, counts = np.unique(np.stack([lag, age])[:, lag <= age], axis=1, return_counts=True)
    rows = [{"lag_days": one, "age_days": other, "frauds": many} for one, other, many in zip(*pairs, counts, strict=True)]
    shares = label_lag(rows).shares
    for day in (3, 7, 14, 21, 40):
        assert shares[day] == pytest.approx(1 - np.exp(-day / 12), abs=0.02)


def test_one_old_fraud_does_not_hold_the_whole_curve_down() -> None:
    """54 frauds are known after three days; the only one of forty days took 38."""
    rows = [{"lag_days": 3, "age_days": age, "frauds": 3} for age in range(3, 21)]
    curve = label_lag([*rows, {"lag_days": 38, "age_days": 40, "frauds": 1}])
    assert (curve.frauds, len(curve.shares) - 1) == (55, 14)  # 21 of them are 14 days old
    assert [curve.shares[day] for day in (2, 3, 14)] == pytest.approx([0, 1, 1])


def test_no_curve_begins_with_few_frauds_of_an_age() -> None:
    curve = label_lag([{"lag_days": 3, "age_days": 5, "frauds": 15}, {"lag_days": 38, "age_days": 40, "frauds": 15}])
    assert (curve.frauds, curve.shares) == (30, [])


def test_few_frauds_draw_no_curve() -> None:
    curve = label_lag([{"lag_days": 3, "age_days": 40, "frauds": 19}])
    assert (curve.frauds, curve.shares) == (19, [])
    assert known_share(curve, date(2026, 7, 5), date(2026, 7, 5), today=date(2026, 7, 8)) is None


async def test_page_says_when_no_outcome_is_known_and_draws_beside_other_requests(
    shop: Shop, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def watched(*asked: Any) -> Any:
        threads.append(threading.current_thread())
        return estimated_performance(*asked)

    monkeypatch.setattr("storefront_api.fraud_analytics.estimates.estimated_performance", watched)
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    held_order(shop, score=90, opened_ago=40 * DAY)  # nobody has looked at it
    page = (await analyst.get("/fraud/estimates", params=period())).text
    assert "No outcome of these weeks is known yet, so nothing can be said" in page
    assert "deserves trust" not in page
    assert threads
    assert threading.main_thread() not in threads


async def test_estimates_are_counted_from_the_desk(shop: Shop, app: FastAPI) -> None:
    analyst = await desk_with_a_past(shop, app)
    found = (await analyst.get("/v1/fraud/estimates", params=period())).json()
    mature, young = found["mature"], found["young"]
    # E and F; G was refused, so nobody will ever say. A, B, C and I have a score and are cases.
    assert (mature["attempts"], mature["known"], mature["frauds"]["realised"]) == (2, 2, 1)
    assert mature["average_precision"]["realised"] == 1.0
    assert (young["attempts"], young["known"], young["frauds"]["realised"]) == (4, 2, 1)
    assert young["frauds"]["estimated"] == pytest.approx(0.90 + 0.80 + 0.70 + 0.66, abs=0.15)
    # A was labelled on the day that still runs, which the curve does not see yet
    assert found["label_lag"] == {"frauds": 1, "fewest": 20, "shares": [], "silence_days": 21}
    attempt = shop.execute("select payment_attempt_id as id from shop.payment_attempts order by attempted_at limit 1").fetchone()
    assert attempt is not None
    at = datetime.now(UTC) - 200 * DAY
    shop.execute("update shop.payment_attempts set attempted_at = %s where payment_attempt_id = %s", (at, attempt["id"]))
    insert(shop, "shop.fraud_labels", {"fraud_label_id": "late", "payment_attempt_id": attempt["id"], "outcome": "fraud",
           "label_source": "dispute", "labelled_at": at + timedelta(days=3)})  # fmt: skip
    assert (await analyst.get("/v1/fraud/estimates")).json()["label_lag"]["frauds"] == 1  # half a year is looked at


async def test_empty_desk_estimates_nothing(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    found = (await analyst.get("/v1/fraud/estimates")).json()
    assert (found["young"], found["mature"], found["weeks"], found["label_lag"]["frauds"]) == (None, None, [], 0)
    assert (datetime.fromisoformat(found["to_date"]) - datetime.fromisoformat(found["from_date"])).days == 69
