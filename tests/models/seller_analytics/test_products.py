"""Weekly units of products: by their own weeks, by their category, or a blank; the same forecaster as `evaluate forecast`."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.seller_analytics import SellerAnalyticsConfig, SellerAnalyticsModel, TrainingSet, evaluate, product_frame, train
from models.seller_analytics.dataset import series_of_products
from models.seller_analytics.forecaster import fit_forecaster
from tests.models.seller_analytics.days import make_day, make_training_set

WEEKS = 30
LISTED = pd.DataFrame({"product_id": ["p0", "new", "rare", "unseen"], "seller_id": ["s0", "s0", "s0", "s1"]})


def sold(product: str, units: list[float], *, category: str = "mugs", seller: str = "s0") -> pd.DataFrame:
    """A product's weeks, the last of which is the newest; weeks without sales are left out but for the first."""
    weeks_ago = np.arange(len(units))[::-1]
    frame = pd.DataFrame(
        {"product_id": product, "seller_id": seller, "category_id": category, "weeks_ago": weeks_ago, "units_sold": units}
    )
    return frame[(frame["units_sold"] > 0) | (frame["weeks_ago"] == weeks_ago[0])]


def training_set(*products: pd.DataFrame) -> TrainingSet:
    days = make_training_set([make_day("s0", day, 100.0) for day in range(7 * WEEKS)])
    return TrainingSet(days.seller_days, days.until, pd.concat(products))


@pytest.fixture(scope="module")
def market() -> TrainingSet:
    """Skewed, intermittent sales of 260 products over 30 weeks; `new` and `rare` sold once."""
    rng = np.random.default_rng(4)
    rates = rng.lognormal(0.3, 0.9, 260)
    weeks = [rng.negative_binomial(0.6, 0.6 / (0.6 + rate), WEEKS).astype(float) for rate in rates]
    return training_set(
        *(sold(f"p{number}", list(units)) for number, units in enumerate(weeks)),
        sold("new", [2.0, 0.0]),
        sold("rare", [1.0, 0.0], category="crowns"),
    )


@pytest.fixture(scope="module")
def model(market: TrainingSet) -> SellerAnalyticsModel:
    return train(market, SellerAnalyticsConfig())


def test_table_has_zeros_after_the_first_week_and_nothing_before() -> None:
    table = series_of_products(training_set(sold("a", [2, 0, 3]), sold("b", [1])))
    assert table is not None
    np.testing.assert_array_equal(table.values, [[2, 0, 3], [np.nan, np.nan, 1]])


def test_product_with_own_weeks_pooled_one_and_blank(model: SellerAnalyticsModel, market: TrainingSet) -> None:
    frame = product_frame(model.products, market, LISTED).set_index("product_id")
    assert frame["status"].to_dict() == {"p0": "ok", "new": "pooled", "rare": "not_enough_data", "unseen": "not_enough_data"}
    assert frame.loc[["rare", "unseen"], ["weekly_units", "low_80", "high_95"]].isna().all(axis=None)
    told = frame.loc[["p0", "new"]]
    assert (told["low_95"] <= told["low_80"]).all()
    assert (told["high_80"] <= told["high_95"]).all()
    assert (told["weekly_units"] > 0).all()
    # Two weeks with two units, drawn towards the category by four weeks of its mean.
    last = series_of_products(market).values[:, -13:]  # type: ignore[union-attr]
    keys = series_of_products(market).keys  # type: ignore[union-attr]
    mugs = np.nansum(last[keys != "rare"]) / (~np.isnan(last[keys != "rare"])).sum()
    assert frame.loc["new", "weekly_units"] == pytest.approx((2 + 4 * mugs) / 6)
    assert frame.loc["p0", "starts_on"] == date(2025, 1, 1) + pd.Timedelta(weeks=WEEKS)
    assert frame.loc["p0", "last_period_wape"] > 0
    assert pd.isna(frame.loc["unseen", "last_period_wape"])


def test_median_understocks_and_the_stock_forecast_does_not(market: TrainingSet) -> None:
    figures = evaluate(market, SellerAnalyticsConfig()).slices
    assert figures["products_point"]["wape"].value < figures["products_mean_8_weeks"]["wape"].value
    assert figures["products_point"]["bias"].value < -0.2
    # Of so few products the sum itself is off by several per cent by chance.
    assert abs(figures["products_stock"]["bias"].value) < 0.15
    assert 0.75 < figures["products_stock"]["interval_80_coverage"].value < 0.88
    met = figures["products_stock"]["stock_met_at_95"]
    assert 0.9 < met.low < met.value < met.high < 1  # type: ignore[operator]


def test_trees_learn_and_are_kept_in_the_saved_model(model: SellerAnalyticsModel, market: TrainingSet, tmp_path: Path) -> None:
    assert model.products is not None
    assert model.products.trees is not None
    model.save(tmp_path)
    loaded = SellerAnalyticsModel.load(tmp_path)
    assert loaded.products == model.products
    said, again = (product_frame(one.products, market, LISTED) for one in (model, loaded))
    pd.testing.assert_frame_equal(said, again)


def test_order_of_rows_says_nothing(model: SellerAnalyticsModel, market: TrainingSet) -> None:
    shuffled = TrainingSet(market.seller_days, market.until, market.product_weeks.sample(frac=1, random_state=2))
    table = series_of_products(shuffled)
    assert table is not None
    assert fit_forecaster(table, SellerAnalyticsConfig.weekly()) == model.products


def test_marketplace_that_sold_no_products_gets_blanks() -> None:
    days = make_training_set([make_day("s0", day, 100.0) for day in range(60)])
    assert train(days, SellerAnalyticsConfig()).products is None
    assert set(product_frame(None, days, LISTED)["status"]) == {"not_enough_data"}
