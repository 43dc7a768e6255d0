"""Training, judgement and what is written, on a small market whose rates are known."""

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from marketplace.vocabulary import ModelName
from models.outlook import (
    OutlookConfig,
    OutlookModel,
    TrainingSet,
    compare,
    customer_frame,
    decile_frame,
    evaluate,
    model_card,
    seller_frame,
    total_frame,
    train,
)
from models.outlook.buy_till_you_die import BuyTillYouDie, fit_buy_till_you_die
from models.outlook.deciles import tenths
from models.outlook.evaluate import calibration_error, lift
from models.outlook.features import Activity, known_at
from models.outlook.regressions import believed
from models.outlook.windows import day_number
from models.registry.examples import example_call
from tests.models.outlook.shoppers import FIRST_DAY, make_days, make_shoppers, make_training_set

SHOPPERS = make_shoppers()
MODEL = train(SHOPPERS, OutlookConfig())


def test_outlook_beats_the_recency_rule_where_people_have_rates_of_their_own() -> None:
    found = evaluate(SHOPPERS, OutlookConfig())

    assert found.beats_baseline
    figures = {method.name: method.metrics for method in found.methods}
    served, recency = figures["regressions"], figures["recency"]
    assert served["churn_roc_auc"].value > recency["churn_roc_auc"].value
    assert 0.6 < served["spend_expected_to_actual"].value < 1.6
    assert "too little to learn of sellers who leave" in " ".join(found.notes)
    assert model_card(found, SHOPPERS).count("bg_nbd_gamma_gamma") == 1


def test_a_version_does_not_beat_itself() -> None:
    found = compare(MODEL, MODEL, SHOPPERS)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_saved_model_says_the_same(tmp_path) -> None:
    MODEL.save(tmp_path)
    again = OutlookModel.load(tmp_path)
    assert again == MODEL
    pd.testing.assert_frame_equal(customer_frame(again, SHOPPERS), customer_frame(MODEL, SHOPPERS))


def test_every_customer_has_a_value_and_only_those_still_here_may_leave() -> None:
    frame = customer_frame(MODEL, SHOPPERS).set_index("customer_id")

    assert set(frame.index) == set(SHOPPERS.customer_days["customer_id"])
    assert (frame["expected_minor"] >= 0).all()
    silent = [(SHOPPERS.until.date() - day).days for day in frame["last_sale_date"]]
    has_left = np.array(silent) > MODEL.horizon_days
    assert frame["churn_probability"].isna().tolist() == has_left.tolist()
    assert frame["churn_probability"].dropna().between(0, 1).all()
    here = frame[~has_left]
    at_stake = here["churn_probability"] * here["last_period_minor"].astype(float)
    assert np.allclose(here["at_stake_minor"].astype(float), at_stake, atol=1)


def test_too_few_sellers_have_facts_and_no_probability() -> None:
    frame = seller_frame(MODEL, SHOPPERS)
    assert frame[["seller_id", "is_active", "usual_gap_days"]].to_numpy().tolist() == [["shop", True, 1.0]]
    assert frame["churn_probability"].isna().all()


def test_days_on_which_more_was_returned_than_sold_are_learnt_from() -> None:
    days = SHOPPERS.customer_days
    returned = days.assign(amount_minor=days["amount_minor"].where(np.arange(len(days)) % 10 != 0, -days["amount_minor"]))
    frame = customer_frame(train(TrainingSet(returned, SHOPPERS.seller_days, SHOPPERS.until), OutlookConfig()), SHOPPERS)
    assert frame["expected_minor"].notna().all()
    assert (frame["expected_minor"] >= 0).all()


def slipped(shoppers: TrainingSet) -> TrainingSet:
    """One amount of the last weeks, which several windows hold, ten thousand times too high."""
    days = shoppers.customer_days
    at = (days["sale_date"] > (FIRST_DAY + pd.Timedelta(days=130)).date()).to_numpy().argmax()
    amounts = days["amount_minor"].where(np.arange(len(days)) != at, 10_000 * days["amount_minor"])
    return TrainingSet(days.assign(amount_minor=amounts), shoppers.seller_days, shoppers.until)


def test_one_slip_of_the_decimal_point_does_not_move_what_all_are_expected_to_spend() -> None:
    training_set = slipped(SHOPPERS)
    moved = customer_frame(train(training_set, OutlookConfig()), training_set)["expected_minor"].sum()
    # The slip itself is in everybody's mean day; without a bound the sum would be 236 times the usual one.
    assert moved < 40 * customer_frame(MODEL, SHOPPERS)["expected_minor"].sum()


def test_a_slip_in_a_small_shop_does_not_raise_the_bound_that_it_is_held_to() -> None:
    assert believed(np.array([0.0] + [1.0] * 49 + [1e6])).tolist() == [0.0] + [1.0] * 49 + [30.0]
    assert believed(np.zeros(3)).tolist() == [0.0] * 3
    small = make_shoppers(customers=50)
    usual, moved = (train(training_set, OutlookConfig()).customer_spend for training_set in (small, slipped(small)))
    assert moved.largest <= 30 * usual.largest


def test_totals_are_the_sums_of_the_rows() -> None:
    customers, sellers = customer_frame(MODEL, SHOPPERS), seller_frame(MODEL, SHOPPERS)
    totals = total_frame(MODEL, customers, sellers).set_index("subject")
    assert totals.loc["customers", "entity_count"] == len(customers)
    assert totals.loc["customers", "active_count"] == totals.loc["customers", "judged_count"] == customers["is_active"].sum()
    assert totals.loc["customers", "expected_minor"] == customers["expected_minor"].sum()
    assert totals.loc["customers", "at_stake_minor"] == customers["at_stake_minor"].sum()
    assert totals.loc["sellers", ["entity_count", "judged_count", "expected_minor"]].tolist() == [1, 0, 0]


def test_deciles_hold_everybody_judged_once_and_say_which_days() -> None:
    frame = decile_frame(MODEL)
    spend = frame[frame["subject"] == "customer_spend"]
    judged = (SHOPPERS.until - pd.Timedelta(days=MODEL.horizon_days)).date()
    assert spend["entity_count"].sum() == SHOPPERS.customer_days.query("sale_date < @judged")["customer_id"].nunique()
    assert spend["expected"].is_monotonic_decreasing
    assert (frame["actual_low"] <= frame["actual"]).all()
    assert (frame["actual"] <= frame["actual_high"]).all()
    assert set(frame["from_date"]) == {judged}


def test_a_short_history_is_no_training_set_and_a_long_one_looks_further() -> None:
    with pytest.raises(EmptyTrainingSetError, match="needs 70 days"):
        train(make_shoppers(customers=60, days=60), OutlookConfig())
    assert train(make_shoppers(customers=60, days=80), OutlookConfig()).horizon_days == 14
    assert MODEL.horizon_days == 28
    assert train(make_shoppers(customers=60, days=320), OutlookConfig()).horizon_days == 90


def test_absent_columns_are_named() -> None:
    days = make_days("customer_id", [("amina", 0, 1.0)])
    with pytest.raises(MissingColumnsError, match="seller_id"):
        TrainingSet(days, days, pd.Timestamp("2025-02-01", tz="UTC"))


def test_nobody_who_left_or_nobody_who_stayed_is_too_little_to_learn_from() -> None:
    steady = [(f"c{number}", day, 10.0) for number in range(30) for day in range(number % 5, 150, 5)]
    model = train(make_training_set(steady, days=150), OutlookConfig())
    assert model.customer_churn is None
    assert customer_frame(model, make_training_set(steady, days=150))["churn_probability"].isna().all()


@pytest.mark.parametrize(("customers", "knows_spend"), [(15, True), (5, False)])
def test_a_small_shop_is_logged_with_what_it_taught(customers: int, knows_spend: bool) -> None:
    model = train(make_shoppers(customers=customers), OutlookConfig())
    assert (model.customer_spend is not None, model.customer_churn) == (knows_spend, None)
    _, said = example_call(ModelName.OUTLOOK, model)
    assert np.isfinite(said["expected_minor"]) == knows_spend
    assert np.isnan(said["churn_probability"])


def test_lift_counts_the_top_tenth_and_a_part_of_the_row_on_its_edge() -> None:
    outcome = np.array([5.0, 0, 0, 0, 5.0, 0, 0, 0, 0, 0])
    assert lift(outcome, -np.arange(10.0)) == 5.0
    assert lift(np.array([4.0, 0, 0, 0, 4.0]), -np.arange(5.0)) == 2.5, "half of the first of five"
    assert lift(outcome, -np.arange(10.0), np.array([0, 0, 0, 0, 1.0, 1, 1, 1, 1, 1])) == pytest.approx(6.0)
    assert np.isnan(lift(np.zeros(10), np.arange(10.0)))


def test_tenths_are_even_and_a_calibrated_amount_has_no_error() -> None:
    amounts = np.arange(100.0)
    assert np.bincount(tenths(amounts)).tolist() == [10] * 10
    assert calibration_error(amounts, amounts) == 0
    assert calibration_error(amounts, amounts * 1.5) == pytest.approx(0.5)


def test_standard_model_finds_the_rates_that_were_drawn() -> None:
    rng = np.random.default_rng(1)
    rows = []
    for number in range(3000):
        rate, goes, day, mean = rng.gamma(2, 1 / 40), rng.beta(1, 4), 0.0, 1 / rng.gamma(4, 1 / 300)
        while day < 100:
            rows.append((f"c{number:04d}", int(day), float(rng.gamma(3, mean * 100))))
            if day and rng.random() < goes:  # by the model nobody drops out on the first day
                break
            day += max(1.0, rng.exponential(1 / rate))
    known = known_at(Activity.of(make_days("customer_id", rows), "customer_id"), day_number(FIRST_DAY) + 100, horizon=28)

    fitted = fit_buy_till_you_die(known)

    assert fitted.r / fitted.alpha == pytest.approx(2 / 40, rel=0.2)
    assert fitted.a / (fitted.a + fitted.b) == pytest.approx(1 / 5, abs=0.06)
    assert (fitted.stays_away(known, 28) >= 0).all()
    assert (fitted.stays_away(known, 28) <= 1).all()


def test_standard_model_agrees_with_the_published_example() -> None:
    """Fader, Hardie and Lee (2005) give the CDNOW parameters; of customer 1 (2 repeats, last 30.43, age 38.86 weeks) their
    spreadsheet expects 1.226 purchases in the next 39 weeks."""
    days = make_days("customer_id", [("one", 0, 1.0), ("one", 1, 1.0), ("one", 2, 1.0)])
    known = known_at(Activity.of(days, "customer_id"), day_number(FIRST_DAY) + 3, horizon=28)
    known.table[0, 0:3] = (3, 38.86, 30.43)
    published = BuyTillYouDie(r=0.243, alpha=4.414, a=0.793, b=2.426, p=1, q=2, v=1)
    assert published.sales(known, 39)[0] == pytest.approx(1.226, abs=0.002)
