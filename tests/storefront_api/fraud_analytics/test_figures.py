"""Figures of nine attempts whose answers are worked by hand, and pure parts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from models.fraud import FraudConfig
from storefront_api.fraud_analytics.figures import share
from storefront_api.fraud_analytics.judged import LABELS_MATURE_AFTER
from storefront_api.fraud_analytics.service import REVIEW_COST_SHARE
from tests.factories import insert, make_attempt, make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.fraud_reviews.factories import Shop, decide_attempt, held_order

DAY = timedelta(days=1)


def old_attempt(shop: Shop, *, score: int, outcome: str, days_ago: int = 30, **given: Any) -> dict[str, Any]:
    """An attempt that never was a case."""
    at = datetime.now(UTC) - days_ago * DAY
    attempt = make_attempt(shop, make_user(shop)["user_id"], outcome=outcome, attempted_at=at, **given)
    decide_attempt(shop, attempt, score=score, at=at)
    return attempt


async def desk_with_a_past(shop: Shop, app: FastAPI) -> Any:
    """Eight attempts of the last sixty days and one before: A to I."""
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    a, b = held_order(shop, score=90), held_order(shop, score=80, opened_ago=25 * timedelta(hours=1))
    held_order(shop, score=70)  # C waits
    d = held_order(shop, score=None)
    for case, outcome in ((a, "fraud"), (b, "legitimate"), (d, "unsure")):
        finding = {"outcome": outcome, "reason": "looked at"}
        assert (await analyst.post(f"/v1/fraud/cases/{case['case']}/decision", json=finding)).status_code == 200
    old_attempt(shop, score=20, outcome="authorised")  # E: paid, and nobody complained
    f = old_attempt(shop, score=40, outcome="authorised", amount_minor=300_000)
    disputed = held_order(shop, score=30, opened_ago=100 * DAY)  # the chargeback names F's attempt
    insert(shop, "shop.chargebacks", {"chargeback_id": "b1", "order_id": disputed["order"], "amount_minor": 300_000,
           "payment_attempt_id": f["payment_attempt_id"], "currency": "BDT", "reason": "fraud",
           "received_at": datetime.now(UTC) - 10 * DAY})  # fmt: skip
    old_attempt(shop, score=10, outcome="declined")  # G: refused, so nobody will ever say
    i = held_order(shop, score=None)
    decide_attempt(shop, {"payment_attempt_id": i["attempt"]}, score=66, at=datetime.now(UTC))  # I: scored again
    make_attempt(shop, make_user(shop)["user_id"])  # nobody decided it
    return analyst


def period() -> dict[str, str]:
    return {"from": f"{datetime.now(UTC) - 60 * DAY:%Y-%m-%d}", "to": f"{datetime.now(UTC) + DAY:%Y-%m-%d}"}


async def test_every_figure_is_what_its_definition_says(shop: Shop, app: FastAPI) -> None:
    analyst = await desk_with_a_past(shop, app)
    found = (await analyst.get("/v1/fraud/analytics", params=period())).json()
    figures = {figure["name"]: figure["value"] for figure in found["figures"]}
    took = figures.pop("median_seconds"), figures.pop("slow_seconds")
    assert figures == pytest.approx(
        {
            "attempts": 8,  # A to G and I
            "alerts": 5,  # A B C D I
            "review_rate": 5 / 8,
            "precision": 1 / 2,  # of A and B it is A; unsure is no review
            "recall": 1 / 2,  # A was an alert, F was not
            "false_positive_rate": 1 / 2,  # of B and E it is B
            "estimated_precision": (0.90 + 0.80 + 0.70 + 0.66) / 4,
            "estimated_recall": 3.06 / (3.06 + 0.20 + 0.40 + 0.10),
            "closed": 2,
            "in_time_rate": 1 / 2,  # B took 25 hours
            "saved_minor": 100_000,
        }
    )
    ten_minutes, b_took = 600, 25 * 3600
    assert took == pytest.approx((ten_minutes + (b_took - ten_minutes) * 0.5, ten_minutes + (b_took - ten_minutes) * 0.9), abs=30)
    bands = {band["risk"]: band for band in found["bands"]}
    assert [(name, band["attempts"], band["alerts"], band["reviewed"], band["frauds"]) for name, band in bands.items()] == [
        ("highest", 2, 2, 2, 1), ("elevated", 2, 2, 0, 0), ("normal", 3, 0, 0, 1), ("unscored", 1, 1, 0, 0),
    ]  # fmt: skip
    assert [bands[name]["recall"]["part"] for name in ("highest", "elevated", "normal")] == [1, 1, 2]
    assert bands["elevated"]["precision"]["value"] is None
    assert found["open_by_age"] == {"days_0_2": 3, "days_3_10": 0, "days_11_30": 0, "days_over_30": 1}
    for column, expected in (("attempts", 8), ("alerts", 5), ("frauds", 1), ("legitimates", 1)):
        assert sum(day[column] for day in found["days"]) == expected, column
    assert len(found["days"]) == 62


async def test_threshold_is_tried_on_the_rows_that_it_names(shop: Shop, app: FastAPI) -> None:
    analyst = await desk_with_a_past(shop, app)
    query = period() | {"threshold": "85", "cost_per_review_minor": "700"}
    found = (await analyst.get("/v1/fraud/analytics/what-if", params=query)).json()
    rows = found["rows"]
    assert (rows["attempts"], rows["known"], rows["labelled"], rows["silent"], rows["unknown"]) == (7, 4, 3, 1, 3)
    assert (rows["versions"], rows["alerted_below"]) == (["7"], 0)
    high, now = found["chosen"], found["current"]
    assert (high["alerts"], high["precision"]["value"], high["recall"]["value"]) == (1, 1.0, 0.5)
    assert (high["caught_minor"], high["missed_minor"], high["review_cost_minor"], high["net_minor"]) == (
        100_000, 300_000, 700, 99_300,
    )  # fmt: skip
    assert (high["false_positive_rate"], now["false_positive_rate"]) == (0.0, 0.5)
    assert (now["threshold"], now["alerts"], now["precision"]["part"], now["precision"]["whole"]) == (65, 4, 1, 2)
    volumes = [one["alerts"] for one in found["thresholds"]]
    assert volumes == sorted(volumes, reverse=True)
    usual = (await analyst.get("/v1/fraud/analytics/what-if", params=period())).json()
    assert usual["cost_per_review_minor"] == 10_000  # a tenth of the middle amount


async def test_empty_desk_and_impossible_periods_are_answered(shop: Shop, app: FastAPI) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    found = (await analyst.get("/v1/fraud/analytics")).json()
    assert [figure["value"] for figure in found["figures"]] == [0, 0, *[None] * 6, 0, None, None, None, 0]
    assert (await analyst.get("/v1/fraud/analytics/what-if")).json()["rows"]["attempts"] == 0
    for wrong in ({"from": "2026-02-01", "to": "2026-01-01"}, {"from": "2020-01-01", "to": "2026-01-01"}):
        assert (await analyst.get("/v1/fraud/analytics", params=wrong)).status_code == 422


def test_share_of_nothing_is_unknown() -> None:
    assert share(0, 0).value is None


def test_waiting_and_costs_are_those_of_the_training() -> None:
    assert FraudConfig().label_delay == LABELS_MATURE_AFTER
    assert FraudConfig().costs.review == REVIEW_COST_SHARE
