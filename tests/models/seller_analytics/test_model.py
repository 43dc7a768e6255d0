"""What a seller gets: figures with bands, or an honest blank; and how they are judged."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from models.seller_analytics import (
    SellerAnalyticsConfig,
    SellerAnalyticsModel,
    TrainingSet,
    as_of,
    compare,
    evaluate,
    forecast_frame,
    model_card,
    train,
)
from tests.models.seller_analytics.days import FIRST_DAY, make_day, make_market, make_training_set

CONFIG = SellerAnalyticsConfig()


@pytest.fixture(scope="module")
def market() -> TrainingSet:
    return make_market()


@pytest.fixture(scope="module")
def model(market: TrainingSet) -> SellerAnalyticsModel:
    return train(market, CONFIG)


def test_forecast_starts_the_day_after_the_data_and_bands_are_nested(model: SellerAnalyticsModel) -> None:
    forecast = model.forecast("s00", 28)
    assert forecast.status == "ok"
    assert forecast.currency == "BDT"
    assert [day.day for day in forecast.days] == [date(2025, 5, 1) + timedelta(days=step) for step in range(28)]
    for day in forecast.days:
        assert 0 <= day.low_95 <= day.low_80 <= day.revenue_minor <= day.high_80 <= day.high_95
    assert forecast.method
    assert forecast.last_period_wape is not None


def test_busier_weekday_gets_more(model: SellerAnalyticsModel) -> None:
    by_weekday = {day.day.weekday(): day.revenue_minor for day in model.forecast("s00", 7).days}
    assert by_weekday[5] > by_weekday[0]


def test_new_seller_gets_a_message_instead_of_a_number() -> None:
    rows = [make_day("old", day, 100.0) for day in range(60)] + [make_day("new", day, 100.0) for day in range(50, 60)]
    forecast = train(make_training_set(rows), CONFIG).forecast("new")
    assert (forecast.status, forecast.days, forecast.currency) == ("not_enough_data", (), "BDT")
    assert forecast.message == "There is not enough data for a forecast yet: 10 days since the first sale, 28 are needed."


def test_rare_seller_gets_a_message_instead_of_a_number() -> None:
    rows = [make_day("busy", day, 100.0) for day in range(60)] + [make_day("rare", day, 100.0) for day in (0, 30, 59)]
    forecast = train(make_training_set(rows), CONFIG).forecast("rare")
    assert forecast.status == "not_enough_data"
    assert forecast.message == "There is not enough data for a forecast: sales on 2 of the last 56 days, 12 are needed."


def test_unknown_seller_gets_a_message(model: SellerAnalyticsModel) -> None:
    assert model.forecast("nobody").message == "There is not enough data for a forecast yet: no sales so far."


def test_forecast_beats_repeating_the_last_week(market: TrainingSet) -> None:
    evaluation = evaluate(market, CONFIG)
    assert evaluation.beats_baseline
    served = evaluation.served
    assert served is not None
    assert served.metrics["interval_80_coverage"].value == pytest.approx(0.80, abs=0.05)
    assert served.metrics["interval_95_coverage"].value == pytest.approx(0.95, abs=0.03)
    assert served.metrics["mase"].value < 1
    card = model_card(evaluation, market)
    assert "seasonal_naive_7" in card
    assert "## Limits" in card


def test_market_of_rare_sellers_trains_and_says_why_it_has_no_figures() -> None:
    rows = [make_day(f"s{seller}", seller * 9 + gap, 50.0) for seller in range(20) for gap in (0, 70, 150)]
    rare = make_training_set(rows)
    evaluation = evaluate(rare, CONFIG)
    assert evaluation.difference is None
    assert evaluation.methods == ()
    assert "everyone gets 'not enough data'" in evaluation.notes[0]
    model = train(rare, CONFIG)
    assert {model.forecast(f"s{seller}").status for seller in range(20)} == {"not_enough_data"}
    assert "## Limits" in model_card(evaluation, rare)
    assert np.isnan(compare(model, model, rare).value)


def test_later_days_change_nothing_before_them(market: TrainingSet) -> None:
    cut = (FIRST_DAY + pd.Timedelta(days=90)).date()
    frame = market.seller_days
    past = frame[frame["sale_date"] < cut]
    is_later = frame["sale_date"] >= cut
    altered = frame.assign(revenue_minor=frame["revenue_minor"].where(~is_later, 1e9))
    one = train(TrainingSet(past, market.until), CONFIG)
    other = train(TrainingSet(altered[altered["sale_date"] < cut], market.until), CONFIG)
    assert one.forecast("s03", 14) == other.forecast("s03", 14)


def test_an_older_model_foretells_from_todays_sales_with_the_recipe_and_the_bands_that_it_learned(market: TrainingSet) -> None:
    days = market.seller_days
    older = train(TrainingSet(days[days["sale_date"] < days["sale_date"].max()], market.until), SellerAnalyticsConfig())

    today = as_of(older, market)

    assert today.last_day - older.last_day == timedelta(days=1)
    assert today.forecaster == older.forecaster
    assert not np.allclose(today.expectation.level, older.expectation.level)
    again = as_of(today, market)
    np.testing.assert_array_equal(again.expectation.level, today.expectation.level)


def test_shuffled_rows_give_the_same_model(market: TrainingSet, model: SellerAnalyticsModel) -> None:
    shuffled = train(replace(market, seller_days=market.seller_days.sample(frac=1, random_state=1)), CONFIG)
    assert [shuffled.forecast(f"s{n:02d}") for n in range(30)] == [model.forecast(f"s{n:02d}") for n in range(30)]


def test_saved_and_loaded_model_says_the_same(model: SellerAnalyticsModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded = SellerAnalyticsModel.load(tmp_path)
    assert loaded.config == model.config
    assert [loaded.forecast(f"s{n:02d}") for n in range(31)] == [model.forecast(f"s{n:02d}") for n in range(31)]


def test_a_level_that_moves_is_saved_with_its_course_and_told_as_the_method(model: SellerAnalyticsModel, tmp_path: Path) -> None:
    recipe = replace(model.forecaster.recipe, trend_half_life=14.0)
    course = np.tile(np.linspace(1.1, 2.0, 28), (len(model.seller_ids), 1))
    rising = replace(
        model, forecaster=replace(model.forecaster, recipe=recipe), expectation=replace(model.expectation, course=course)
    )
    rising.save(tmp_path)
    forecast, usual = SellerAnalyticsModel.load(tmp_path).forecast("s03", 28), model.forecast("s03", 28)
    assert forecast.method == f"{usual.method} × trend"
    assert forecast.days[-1].revenue_minor == pytest.approx(2 * usual.days[-1].revenue_minor)
    assert forecast == rising.forecast("s03", 28)


def test_frame_has_a_row_per_day_or_one_blank(model: SellerAnalyticsModel) -> None:
    frame = forecast_frame(model, ["s00", "nobody"], horizon_days=3)
    assert frame["seller_id"].tolist() == ["s00", "s00", "s00", "nobody"]
    assert frame["status"].tolist() == ["ok"] * 3 + ["not_enough_data"]
    assert frame["revenue_minor"].isna().tolist() == [False, False, False, True]
    assert frame.loc[3, "forecast_date"] == date(2025, 5, 1)


def test_equal_recipes_tie_and_an_old_champion_is_measured_as_it_stands(market: TrainingSet, model: SellerAnalyticsModel) -> None:
    tie = compare(model, model, market)
    assert (tie.value, tie.low, tie.high) == (0.0, 0.0, 0.0)
    frame = market.seller_days
    old = train(replace(market, seller_days=frame[frame["sale_date"] < date(2025, 3, 1)]), CONFIG)
    assert compare(model, old, market).low is not None


def test_an_old_champion_is_read_at_the_place_that_its_course_has_come_to(
    market: TrainingSet, model: SellerAnalyticsModel
) -> None:
    # The window is that of the last 14 days: its first is the eleventh after the day 10 days before it.
    day_before, late = model.last_day - timedelta(days=14), 10
    course = np.tile(np.linspace(1.1, 3.0, 28), (len(model.seller_ids), 1))
    old = replace(model, last_day=day_before - timedelta(days=late), expectation=replace(model.expectation, course=course))
    aligned = replace(model, last_day=day_before, expectation=replace(model.expectation, course=course[:, late:]))
    tie = compare(aligned, old, market)
    assert (tie.value, tie.low, tie.high) == (0.0, 0.0, 0.0)
    unmoved = replace(aligned, expectation=replace(model.expectation, course=course[:, :14]))
    assert compare(aligned, unmoved, market).value != 0


def test_the_recipes_of_an_evaluation_say_whether_levels_move() -> None:
    growing = make_training_set([make_day(f"s{seller}", day, 100.0 + 5 * day) for seller in range(3) for day in range(200)])
    (recipes,) = [note for note in evaluate(growing, CONFIG).notes if note.startswith("recipes chosen")]
    assert "trend half-life" in recipes


def test_no_sales_at_all_are_refused() -> None:
    with pytest.raises(EmptyTrainingSetError, match="none of 1 rows has revenue"):
        train(make_training_set([make_day("a", 0, 0.0)]), CONFIG)


def test_missing_column_is_named() -> None:
    with pytest.raises(MissingColumnsError, match="currency"):
        TrainingSet(pd.DataFrame({"seller_id": [], "sale_date": [], "revenue_minor": []}), pd.Timestamp(0, tz="UTC"))
