import polars as pl

from tests.marketplace.simulation.conftest import Simulated


def attempts_with_kind(simulated: Simulated) -> pl.DataFrame:
    return simulated["payment_attempts"].join(simulated["truth/fraud_attempts"], on="payment_attempt_id")


def test_fraud_is_about_four_percent_of_attempts(simulated: Simulated) -> None:
    attempts = attempts_with_kind(simulated)
    assert 0.03 <= (attempts["fraud_kind"] != "honest").mean() <= 0.047
    assert set(attempts["fraud_kind"].unique()) == {"honest", "ring", "card_tester", "takeover"}


def test_rings_share_devices_between_new_accounts(simulated: Simulated) -> None:
    rings = attempts_with_kind(simulated).filter(pl.col("fraud_kind") == "ring")
    by_device = rings.group_by("device_id").agg(pl.col("customer_id").n_unique())
    assert by_device["customer_id"].max() >= 2
    ages = rings.join(simulated["users"], left_on="customer_id", right_on="user_id").select(
        (pl.col("attempted_at") - pl.col("signed_up_at")).dt.total_hours()
    )
    assert ages.to_series().max() <= 24 * 5
    assert ages.to_series().min() >= 0


def test_testers_try_many_cards_on_one_device_and_mostly_fail(simulated: Simulated) -> None:
    testers = attempts_with_kind(simulated).filter(pl.col("fraud_kind") == "card_tester")
    per_device = testers.group_by("device_id").agg(pl.col("card_token").n_unique(), pl.len())
    assert (per_device["card_token"] == per_device["len"]).all()
    assert (testers["outcome"] == "declined").mean() > 0.5


def test_takeovers_use_old_accounts_on_devices_never_seen(simulated: Simulated) -> None:
    taken = attempts_with_kind(simulated).filter(pl.col("fraud_kind") == "takeover")
    ages = taken.join(simulated["users"], left_on="customer_id", right_on="user_id")
    assert (ages["attempted_at"] - ages["signed_up_at"]).dt.total_days().min() >= 20
    honest = attempts_with_kind(simulated).filter(pl.col("fraud_kind") == "honest")
    assert not set(taken["device_id"]) & set(honest["device_id"])


def test_honest_people_share_devices_and_travel(simulated: Simulated) -> None:
    honest = attempts_with_kind(simulated).filter(pl.col("fraud_kind") == "honest")
    assert honest.group_by("device_id").agg(pl.col("customer_id").n_unique())["customer_id"].max() >= 2
    assert (honest["ip_country_code"] != "BD").sum() > 0
    assert honest["ip_country_code"].null_count() > 0  # unknown networks


def test_chargebacks_come_late_and_only_for_what_was_paid(simulated: Simulated) -> None:
    back = simulated["chargebacks"].join(attempts_with_kind(simulated), on="payment_attempt_id")
    assert len(back) == len(simulated["chargebacks"]) > 0
    waited = (back["received_at"] - back["attempted_at"]).dt.total_days()
    assert waited.min() >= 5
    assert waited.max() <= 30
    assert set(back["outcome"]) == {"authorised"}
    assert (back["fraud_kind"] != "honest").mean() > 0.6


def test_labels_of_the_last_days_are_not_known_yet(simulated: Simulated) -> None:
    attempts = attempts_with_kind(simulated).filter((pl.col("fraud_kind") != "honest") & (pl.col("outcome") == "authorised"))
    known = set(simulated["chargebacks"]["payment_attempt_id"])
    unknown = attempts.filter(~pl.col("payment_attempt_id").is_in(list(known)))
    assert len(unknown) > 0


def test_decisions_and_cases_are_left_to_the_platform(simulated: Simulated) -> None:
    assert not {"fraud_decisions", "fraud_cases", "impressions", "tag_suggestions"} & set(simulated.summary.rows)


def test_no_shop_table_carries_a_planted_truth(simulated: Simulated) -> None:
    planted = {"fraud_kind", "ring", "quality", "taste_cluster", "popularity", "preferences"}
    for table in simulated.summary.rows:
        if not table.startswith("truth/"):
            assert not planted & set(simulated[table].columns)
