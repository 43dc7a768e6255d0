"""The outlook on public data, as its card prints it: customers of Online Retail, sellers of Olist's sample."""

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from marketplace.settings import load_settings
from models.outlook import OutlookConfig, TrainingSet, evaluate

DATA = load_settings().data
pytestmark = pytest.mark.skipif(DATA is None, reason="MARKETPLACE_DATA is not set: the public files are not here")

SERVED, RECENCY, LAST_PERIOD, STANDARD = "regressions", "recency", "same_as_last_period", "bg_nbd_gamma_gamma"


def days_of(sales: pl.DataFrame, entity: str, currency: str) -> pd.DataFrame:
    """Rows `entity`, `at`, `amount` (major units) added up by day, before the last whole day ended."""
    by_day = sales.group_by(entity, sale_date=pl.col("at").str.to_datetime().dt.date())
    days = by_day.agg(amount_minor=100 * pl.col("amount").sum()).with_columns(currency=pl.lit(currency))
    return days.sort(entity, "sale_date").to_pandas()


@pytest.fixture(scope="module")
def retail() -> pd.DataFrame:
    """Lines with a customer, a price and no cancellation."""
    file = (DATA or Path()) / "online_retail" / "online_retail_2010-12-01_2011-10-31.csv.gz"
    quantity, price = pl.col("Quantity").cast(pl.Int64), pl.col("UnitPrice").cast(pl.Float64)
    lines = pl.read_csv(file, infer_schema=False).filter(
        pl.col("CustomerID").is_not_null() & pl.col("InvoiceNo").str.contains(r"^\d+$") & (quantity > 0) & (price > 0)
    )
    return days_of(lines.select(customer_id="CustomerID", at="InvoiceDate", amount=quantity * price), "customer_id", "GBP")


@pytest.mark.parametrize(
    ("horizon", "lifts", "errors", "areas"),
    [
        (90, {SERVED: 5.99, RECENCY: 3.24, LAST_PERIOD: 5.66, STANDARD: 5.94}, (0.08, 0.28), (0.750, 0.605, 0.732)),
        (28, {SERVED: 5.86, RECENCY: 2.27, LAST_PERIOD: 4.10, STANDARD: 5.72}, (0.07, 0.31), (0.740, 0.471, 0.721)),
    ],
)
def test_customers_of_online_retail_are_ordered_beside_a_recency_rule_and_the_standard(
    retail: pd.DataFrame, horizon: int, lifts: dict[str, float], errors: tuple[float, ...], areas: tuple[float, ...]
) -> None:
    nobody = retail[:1].rename(columns={"customer_id": "seller_id"})
    training_set = TrainingSet(retail, nobody, pd.Timestamp("2011-11-01", tz="UTC"))
    found = evaluate(training_set, OutlookConfig(horizon_steps=(horizon,)))
    figures = {method.name: method.metrics for method in found.methods}
    assert retail["customer_id"].nunique() == 3974
    assert {name: figures[name]["spend_lift_at_10pct"].value for name in lifts} == pytest.approx(lifts, abs=0.01)
    calibrated = [figures[name]["spend_decile_error"].value for name in (SERVED, STANDARD)]
    assert calibrated == pytest.approx(errors, abs=0.01)
    assert [figures[name]["churn_roc_auc"].value for name in (SERVED, RECENCY, STANDARD)] == pytest.approx(areas, abs=0.002)
    assert found.beats_baseline


def test_sellers_of_olist_are_told_apart_as_well_as_by_the_standard() -> None:
    folder = (DATA or Path()) / "olist" / "sample"
    orders = pl.read_csv(folder / "olist_orders_dataset.csv.gz", infer_schema=False).filter(pl.col("order_status") != "canceled")
    lines = pl.read_csv(folder / "olist_order_items_dataset.csv.gz", infer_schema=False).join(orders, on="order_id")
    sold = lines.select("seller_id", at="order_purchase_timestamp", amount=pl.col("price").cast(pl.Float64))
    sellers = days_of(sold, "seller_id", "BRL")
    until = pd.Timestamp("2018-08-25", tz="UTC")
    sellers = sellers[pd.to_datetime(sellers["sale_date"]) < until.tz_localize(None)]
    # The standard knows customers alone: to it, sellers are given as customers.
    as_customers = sellers.rename(columns={"seller_id": "customer_id"})
    found = evaluate(TrainingSet(as_customers, sellers, until), OutlookConfig())
    figures = {method.name: method.metrics for method in found.methods}
    assert "604 active sellers" in found.notes[0]
    for name, prefix, lift, area in (
        (SERVED, "seller_churn", 1.37, 0.686),
        (RECENCY, "seller_churn", 1.24, 0.647),
        (STANDARD, "churn", 1.40, 0.688),
    ):
        assert figures[name][f"{prefix}_lift_at_10pct"].value == pytest.approx(lift, abs=0.01), name
        assert figures[name][f"{prefix}_roc_auc"].value == pytest.approx(area, abs=0.002), name
