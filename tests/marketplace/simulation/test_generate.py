import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from marketplace.errors import InvalidInputError
from marketplace.simulation import generate
from tests.marketplace.simulation.conftest import CUSTOMERS, DAYS, UNTIL, Simulated


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_request_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        generate(60, 20, 3, UNTIL, tmp_path / name)
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    assert len(digests(tmp_path / "first")) > 25


def test_rows_made_at_once_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.simulation.config.COHORT", 50)
    monkeypatch.setattr("marketplace.simulation.writer.ROW_GROUP", 3_000)
    for name, at_once in (("few", 170), ("more", 1_111), ("all", 1_000_000)):
        monkeypatch.setattr("marketplace.simulation.columns.AT_ONCE", at_once)
        generate(120, 20, 3, UNTIL, tmp_path / name)
    assert digests(tmp_path / "few") == digests(tmp_path / "more") == digests(tmp_path / "all")


def test_season_and_gender_move_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(60, 20, 3, UNTIL, tmp_path / "with")
    monkeypatch.setattr("marketplace.simulation.words.GENDERS_OF", {})
    monkeypatch.setattr("marketplace.simulation.words.WITH_SEASONS", ())
    generate(60, 20, 3, UNTIL, tmp_path / "without")
    one, other = (digests(tmp_path / name) for name in ("with", "without"))
    assert {name for name in one if one[name] != other[name]} == {"products.parquet", "truth/products.parquet"}
    one_products, other_products = (pl.read_parquet(tmp_path / name / "products.parquet") for name in ("with", "without"))
    changed = {name for name in one_products.columns if not one_products[name].equals(other_products[name])}
    assert changed == {"title", "description", "attributes"}


def test_asked_sizes_are_made(tmp_path: Path) -> None:
    summary = generate(60, 20, 3, UNTIL, tmp_path, products=300, sellers=90, visits_per_day=1.2)
    assert (summary.rows["products"], summary.rows["sellers"]) == (300, 90)
    usual = generate(60, 20, 3, UNTIL, tmp_path, products=300, sellers=90)
    assert summary.rows["sessions"] == pytest.approx(3 * usual.rows["sessions"], rel=0.15)


def test_impossible_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="as many sellers, got 100 and 200"):
        generate(60, 20, 3, UNTIL, tmp_path, products=100, sellers=200)
    with pytest.raises(InvalidInputError, match="at least 72 products"):
        generate(60, 20, 3, UNTIL, tmp_path, products=10)
    with pytest.raises(InvalidInputError, match="times a day"):
        generate(60, 20, 3, UNTIL, tmp_path, visits_per_day=50)
    with pytest.raises(InvalidInputError, match="at most 20,000,000 customers"):
        generate(10**9, 20, 3, UNTIL, tmp_path)


def test_other_seed_writes_other_events(tmp_path: Path) -> None:
    generate(60, 20, 3, UNTIL, tmp_path / "three")
    generate(60, 20, 4, UNTIL, tmp_path / "four")
    assert digests(tmp_path / "three")["events.parquet"] != digests(tmp_path / "four")["events.parquet"]


def test_smaller_marketplace_leaves_nothing_of_a_bigger_one_behind(tmp_path: Path) -> None:
    generate(90, 30, 3, UNTIL, tmp_path / "used")
    generate(60, 20, 3, UNTIL, tmp_path / "used")
    generate(60, 20, 3, UNTIL, tmp_path / "new")
    assert digests(tmp_path / "used") == digests(tmp_path / "new")


def test_too_small_or_timeless_request_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="at least 50 customers"):
        generate(10, 120, 7, UNTIL, tmp_path)
    with pytest.raises(InvalidInputError, match="time zone"):
        generate(100, 120, 7, datetime(2026, 1, 1), tmp_path)


def test_description_says_that_it_is_simulated(simulated: Simulated) -> None:
    said = json.loads((simulated.folder / "simulation.json").read_text())
    assert said["is_simulated"] is True
    assert (said["customers"], said["days"], said["until"]) == (CUSTOMERS, DAYS, "2026-11-20T00:00:00+00:00")
    assert said["rows"]["events"] == len(simulated["events"])


def test_funnel_has_the_published_rates(simulated: Simulated) -> None:
    counts = dict(simulated["events"]["event_type"].value_counts().iter_rows())
    assert counts["cart_add"] / counts["product_view"] == pytest.approx(0.0260, rel=0.10)
    assert counts["purchase"] / counts["product_view"] == pytest.approx(0.0084, rel=0.10)


def test_customers_look_at_250_to_300_products_in_120_days(simulated: Simulated) -> None:
    views = (simulated["events"]["event_type"] == "product_view").sum()
    assert 230 <= views / CUSTOMERS <= 330


def test_nothing_happens_at_or_after_the_end(simulated: Simulated) -> None:
    for table in simulated.summary.rows:
        frame = simulated[table]
        for name, kind in frame.schema.items():
            if isinstance(kind, pl.Datetime) and name not in ("estimated_delivery_at", "ship_by_at"):
                assert frame[name].max() is None or frame[name].max() < UNTIL, f"{table}.{name}"


def test_nothing_is_seen_before_it_is_listed(simulated: Simulated) -> None:
    listed = simulated["products"].select("product_id", "listed_at")
    views = simulated["events"].filter(pl.col("product_id").is_not_null()).join(listed, on="product_id")
    assert (views["occurred_at"] > views["listed_at"]).all()


def test_some_products_are_cold(simulated: Simulated) -> None:
    listed = simulated["products"]["listed_at"]
    assert (listed > UNTIL.replace(day=13)).sum() >= 2


def test_people_come_back_to_their_planted_taste(simulated: Simulated) -> None:
    preferences = simulated["truth/customers"].select("customer_id", "preferences")
    leaves = simulated["products"]["category_id"].unique(maintain_order=True)
    number = pl.DataFrame({"category_id": leaves, "leaf": range(len(leaves))})
    views = (
        simulated["events"]
        .filter(pl.col("event_type") == "product_view")
        .join(simulated["products"].select("product_id", "category_id"), on="product_id")
        .join(number, on="category_id")
        .join(preferences, on="customer_id")
    )
    liked = views.select(pl.col("preferences").list.get(pl.col("leaf")))["preferences"].mean()
    assert liked is not None
    assert liked > 4 / len(leaves)  # at random it would be 1 / leaves


@pytest.mark.parametrize(
    ("table", "column", "parent", "key"),
    [
        ("addresses", "user_id", "users", "user_id"),
        ("sellers", "user_id", "users", "user_id"),
        ("products", "seller_id", "sellers", "seller_id"),
        ("products", "category_id", "categories", "category_id"),
        ("sessions", "device_id", "devices", "device_id"),
        ("events", "session_id", "sessions", "session_id"),
        ("orders", "session_id", "sessions", "session_id"),
        ("orders", "shipping_address_id", "addresses", "address_id"),
        ("order_customisations", "customisation_id", "customisations", "customisation_id"),
        ("payment_attempts", "order_id", "orders", "order_id"),
        ("transactions", "payment_attempt_id", "payment_attempts", "payment_attempt_id"),
        ("fraud_labels", "labelled_by", "users", "user_id"),
        ("cart_items", "cart_id", "carts", "cart_id"),
    ],
)
def test_every_reference_has_its_parent(simulated: Simulated, table: str, column: str, parent: str, key: str) -> None:
    assert set(simulated[table][column].drop_nulls()) <= set(simulated[parent][key])


def test_ids_are_unique(simulated: Simulated) -> None:
    for table, key in {"users": "user_id", "orders": "order_id", "events": "event_id", "sessions": "session_id"}.items():
        assert simulated[table][key].n_unique() == len(simulated[table])
    assert simulated["users"]["email"].n_unique() == len(simulated["users"])


def test_end_of_the_window_can_be_any_midnight(tmp_path: Path) -> None:
    summary = generate(60, 30, 5, datetime(2025, 4, 1, tzinfo=UTC), tmp_path)  # over Eid
    assert summary.rows["orders"] > 0


def test_cohorts_of_customers_join_into_one_marketplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.simulation.config.COHORT", 40)
    summary = generate(100, 30, 3, UNTIL, tmp_path)
    events, sessions = (pl.read_parquet(tmp_path / f"{table}.parquet") for table in ("events", "sessions"))
    assert events["event_id"].n_unique() == len(events) == summary.rows["events"]
    assert sessions["session_id"].n_unique() == len(sessions)
    assert sessions["customer_id"].n_unique() > 80
    bought = events.filter(pl.col("event_type") == "purchase").select("session_id", "product_id")
    orders, items = (pl.read_parquet(tmp_path / f"{table}.parquet") for table in ("orders", "order_items"))
    lines = items.join(orders, on="order_id").filter(pl.col("status") != "declined").select("session_id", "product_id")
    assert bought.sort("session_id", "product_id").equals(lines.sort("session_id", "product_id"))
