"""Attempts to pay of a simulated shop as the fraud model's training set, without a warehouse: the features that dbt and Feast
would join, counted here from the same files, day by day up to the midnight before each attempt."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from models.fraud import TrainingSet, build_training_set
from models.fraud.rings import RING_COLUMNS, ring_history
from models.fraud.velocity import Clock
from models.request_risk_columns import request_feature_columns

Integers = NDArray[np.int64]
_DAY = 86_400_000_000  # microseconds
_FOREVER = timedelta(days=36_500)
_PLACE = ["address_id", "country_code", "latitude", "longitude"]


def read(folder: Path) -> TrainingSet:
    """All attempts of the simulated files in `folder`, with what became known of them."""
    attempts, labels = _attempts(folder), _labels(folder)
    orders = pl.read_parquet(folder / "orders.parquet").filter(pl.col("approved_at").is_not_null()).to_pandas()
    until = attempts["attempted_at"].max() + pd.Timedelta(microseconds=1)

    def retrieve(_: str, asked: pd.DataFrame) -> pd.DataFrame:
        told = attempts[["payment_attempt_id", "card_token", "shipping_address_hash", "outcome"]]
        rows = asked.merge(told, on="payment_attempt_id", how="left")
        stored = _stored(rows, orders, labels)
        request = asked.assign(
            attempted_at=asked["attempted_at"].dt.as_unit("us").astype("int64") / 1e6,
            signed_up_at=asked["signed_up_at"].dt.as_unit("us").astype("int64") / 1e6,
            order_value_mean_minor=stored["order_value_mean_minor"].to_numpy(),
            order_value_max_minor=stored["order_value_max_minor"].to_numpy(),
        )
        plain = {name: [None if value != value else value for value in request[name]] for name in request}
        return pd.concat([asked.reset_index(drop=True), stored, pd.DataFrame(request_feature_columns(plain))], axis=1)

    return TrainingSet(build_training_set(attempts, labels, retrieve, until=until), until)


def kinds(folder: Path) -> pd.Series:
    """By attempt what was planted: `honest`, or the kind of fraud. No feature reads it."""
    return pl.read_parquet(folder / "truth" / "fraud_attempts.parquet").to_pandas().set_index("payment_attempt_id")["fraud_kind"]


def _attempts(folder: Path) -> pd.DataFrame:
    """What `marts.fct_payment_attempts` would hold."""
    addresses = pl.read_parquet(folder / "addresses.parquet", columns=_PLACE)
    users = pl.read_parquet(folder / "users.parquet", columns=["user_id", "signed_up_at"])
    attempts = pl.read_parquet(folder / "payment_attempts.parquet").join(
        users, left_on="customer_id", right_on="user_id", how="left"
    )
    for place in ("shipping", "billing"):
        named = addresses.rename({"address_id": f"{place}_address_id"} | {name: f"{place}_{name}" for name in _PLACE[1:]})
        attempts = attempts.join(named, on=f"{place}_address_id", how="left")
    items = pl.read_parquet(folder / "order_items.parquet", columns=["order_id", "seller_id", "total_minor"])
    money = items.group_by("order_id", "seller_id").agg(pl.col("total_minor").sum())
    main = money.sort(-pl.col("total_minor"), "seller_id").unique("order_id", keep="first").drop("total_minor")
    return attempts.join(main, on="order_id", how="left", maintain_order="left").to_pandas()


def _labels(folder: Path) -> pd.DataFrame:
    """What `marts.fct_fraud_labels` would hold: what analysts said, and chargebacks of the attempt that paid."""
    said = pl.read_parquet(folder / "fraud_labels.parquet").filter(pl.col("outcome") != "unsure")
    back = pl.read_parquet(folder / "chargebacks.parquet").filter(pl.col("payment_attempt_id").is_not_null())
    columns = ("payment_attempt_id", "is_fraud", "labelled_at")
    return pl.concat(
        [
            said.with_columns(is_fraud=pl.col("outcome") == "fraud").select(columns),
            back.with_columns(is_fraud=pl.lit(True), labelled_at=pl.col("received_at")).select(columns),
        ]
    ).to_pandas()


def _stored(rows: pd.DataFrame, orders: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """The stored features of `fraud_v2` as of the midnight before each attempt."""
    changes = labels.sort_values("labelled_at")
    before = changes.groupby("payment_attempt_id")["is_fraud"].shift(fill_value=False).astype(int)
    changes = changes.assign(change=changes["is_fraud"].astype(int) - before)
    changes = changes.merge(rows[["payment_attempt_id", "customer_id", "device_id"]], on="payment_attempt_id")
    by_customer = _Days(rows, "customer_id", {"orders": (orders, "approved_at"), "labels": (changes, "labelled_at")})
    by_device = _Days(rows, "device_id", {"labels": (changes, "labelled_at")})
    is_declined = (rows["outcome"] == "declined").to_numpy(np.int64)
    one, totals = np.ones(len(orders), np.int64), orders["total_minor"].to_numpy(np.int64)
    attempts, label_changes = np.ones(len(rows), np.int64), changes["change"].to_numpy(np.int64)
    count, spend = by_customer.sum("orders", one, _FOREVER), by_customer.sum("orders", totals, _FOREVER)
    mean = np.divide(spend, count, out=np.full(len(rows), np.nan), where=count > 0)
    return pd.DataFrame(
        {
            "order_count_30d": by_customer.sum("orders", one, timedelta(days=30)),
            "order_count_total": count,
            "spend_minor_30d": by_customer.sum("orders", totals, timedelta(days=30)),
            "order_value_mean_minor": mean,
            "order_value_max_minor": _highest(rows, orders),
            "attempt_count_30d": by_customer.sum("attempts", attempts, timedelta(days=30)),
            "declined_count_30d": by_customer.sum("attempts", is_declined, timedelta(days=30)),
            "device_count_90d": by_customer.distinct("device_id", timedelta(days=90)),
            "card_count_90d": by_customer.distinct("card_token", timedelta(days=90)),
            "fraud_label_count_total": by_customer.sum("labels", label_changes, _FOREVER),
            "customer_count_30d": by_device.distinct("customer_id", timedelta(days=30)),
            "attempt_count_7d": by_device.sum("attempts", attempts, timedelta(days=7)),
            "declined_count_7d": by_device.sum("attempts", is_declined, timedelta(days=7)),
            "card_count_30d": by_device.distinct("card_token", timedelta(days=30)),
            "device_fraud_label_count_total": by_device.sum("labels", label_changes, _FOREVER),
            **_rings(rows, changes),
        }
    )


def _rings(rows: pd.DataFrame, changes: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """The rings of each attempt's customer and device as of its midnight, NaN where they were not seen before."""
    day = rows["attempted_at"].dt.as_unit("us").astype("int64") // _DAY
    of_attempt = changes[["payment_attempt_id", "customer_id", "change"]].assign(
        day=changes["payment_attempt_id"].map(day.set_axis(rows["payment_attempt_id"])),
        known_day=changes["labelled_at"].dt.as_unit("us").astype("int64") // _DAY + 1,
    )
    history = ring_history(rows.assign(day=day), of_attempt, first=int(day.min()) + 1, last=int(day.max()))
    found: dict[str, NDArray[np.float64]] = {}
    for key, table in history.items():
        asked = rows[[key]].assign(known_day=day, place=np.arange(len(rows))).sort_values("known_day")
        known = pd.merge_asof(asked, table.sort_values("known_day"), on="known_day", by=key).sort_values("place")
        found |= {name: known[name].to_numpy(np.float64) for name in RING_COLUMNS[key]}
    return found


class _Days:
    """Attempts and other happenings of one kind of identity, dated by their day: of a day nothing is known until it ends."""

    def __init__(self, rows: pd.DataFrame, identity: str, others: dict[str, tuple[pd.DataFrame, str]]) -> None:
        tables = {"attempts": (rows, "attempted_at")} | others
        self._rows, self._names = rows, list(tables)
        self._starts = np.cumsum([0, *(len(table) for table, _ in tables.values())])
        days = np.concatenate([table[at].dt.as_unit("us").astype("int64") // _DAY * _DAY for table, at in tables.values()])
        self._clock = Clock(days)
        self._codes = pd.factorize(pd.concat([table[identity] for table, _ in tables.values()]))[0].astype(np.int64)

    def sum(self, table: str, values: Integers, window: timedelta) -> Integers:
        """Per attempt the sum of one table's `values` over the days of the window."""
        held, at = np.zeros(self._starts[-1], dtype=np.int64), self._names.index(table)
        held[self._starts[at] : self._starts[at + 1]] = values
        found = np.zeros(self._starts[-1], dtype=np.int64)
        for group in self._clock.groups(self._codes):
            found[group.places] = group.sum(window + timedelta(microseconds=1), held)
        return found[: len(self._rows)]

    def distinct(self, value: str, window: timedelta) -> Integers:
        """Per attempt how many different ones of a column the attempts of the window have."""
        codes = np.full(self._starts[-1], -1, dtype=np.int64)
        codes[: len(self._rows)] = pd.factorize(self._rows[value])[0]
        (found,) = self._clock.count_distinct(self._codes, codes, window + timedelta(microseconds=1))
        return found[: len(self._rows)]


def _highest(rows: pd.DataFrame, orders: pd.DataFrame) -> NDArray[np.float64]:
    """The highest total of each customer's orders of earlier days, NaN before the first."""
    known = orders.assign(day=orders["approved_at"].dt.floor("D")).sort_values("day")
    known = known.assign(highest=known.groupby("customer_id")["total_minor"].cummax().astype(float))
    asked = rows[["customer_id"]].assign(day=rows["attempted_at"].dt.floor("D"), place=np.arange(len(rows))).sort_values("day")
    found = pd.merge_asof(asked, known[["customer_id", "day", "highest"]], on="day", by="customer_id", allow_exact_matches=False)
    return np.asarray(found.sort_values("place")["highest"], dtype=np.float64)
