"""Weeks of simulated payment attempts as the fraud model sees them, and five ways in which such data go wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from marketplace.simulation import generate
from models.fraud.features import TRAVEL, VELOCITY_FEATURES
from models.fraud.travel import travel_kmh
from models.fraud.velocity import velocity
from models.monitoring import Window, complete_windows, measure_drift
from models.monitoring.windows import WEEK
from models.request_risk import request_features
from pipelines.defs.monitoring.watched import watched_models

UNTIL = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
WARM_UP, REFERENCE, LIVE = 13, 8, 20  # weeks: the longest look-back, the training period, the weeks under watch
_REQUEST = ("ip_shipping_km", "billing_shipping_km", "is_ip_country_foreign", "is_billing_country_other", "hour_of_day")
_WATCHED = {feature.name: feature for feature in watched_models()[0].features}
# What the fraud model's rows are watched for, as far as it can be computed without a feature store.
FEATURES = tuple(
    _WATCHED[name]
    for name in (
        *("amount_minor", "item_count", "method", "ip_country_code", "shipping_country_code", "billing_country_code"),
        *("device_id", "card_token", *VELOCITY_FEATURES, TRAVEL, *_REQUEST, "account_age_hours"),
    )
)


@cache
def simulated_attempts(seed: int, customers: int = 2000) -> pd.DataFrame:
    """Raw attempts of a simulation long enough for a warm-up, a reference and the weeks under watch."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        generate(customers, 7 * (WARM_UP + REFERENCE + LIVE), seed, UNTIL, folder)
        attempts = pd.read_parquet(folder / "payment_attempts.parquet")
        sellers = pd.read_parquet(folder / "order_items.parquet").groupby("order_id")["seller_id"].first()
        places = pd.read_parquet(folder / "addresses.parquet").set_index("address_id")
        people = pd.read_parquet(folder / "users.parquet").set_index("user_id")
    for use in ("shipping", "billing"):
        for column in ("country_code", "latitude", "longitude"):
            attempts[f"{use}_{column}"] = attempts[f"{use}_address_id"].map(places[column])
    attempts["seller_id"] = attempts["order_id"].map(sellers)
    attempts["signed_up_at"] = attempts["customer_id"].map(people["signed_up_at"])
    return attempts.sort_values(["attempted_at", "payment_attempt_id"], ignore_index=True)


def as_seen(attempts: pd.DataFrame) -> pd.DataFrame:
    """The columns that are monitored, computed from raw attempts as training and checkout compute them."""
    asked = pd.DataFrame([request_features(row) for row in attempts.to_dict("records")], index=attempts.index)
    counted = velocity(attempts).assign(**{TRAVEL: travel_kmh(attempts)})
    columns = [attempts, counted, asked[[*_REQUEST, "account_age_hours"]], attempts["attempted_at"].rename("at")]
    return pd.concat(columns, axis=1)


def weeks() -> list[Window]:
    """All whole weeks of a simulation, the last `LIVE` of which are under watch."""
    return complete_windows(UNTIL - timedelta(weeks=WARM_UP + REFERENCE + LIVE), UNTIL, WEEK)


def drift_of(rows: pd.DataFrame, judged: Sequence[Window], *, trained_every: int) -> pd.DataFrame:
    """Drift of these weeks, each against the champion of its time: a new one is trained every so many weeks under watch."""
    every, first = timedelta(weeks=trained_every), UNTIL - timedelta(weeks=LIVE)
    by_cutoff: dict[datetime, list[Window]] = {}
    for window in judged:
        by_cutoff.setdefault(first + (window.start - first) // every * every, []).append(window)
    began = UNTIL - timedelta(weeks=WARM_UP + REFERENCE + LIVE)
    parts = []
    for cutoff, some in by_cutoff.items():
        near = [window for window in weeks() if cutoff - timedelta(weeks=REFERENCE) <= window.start <= some[-1].start]
        parts.append(measure_drift(rows, FEATURES, near, judged=some, since=began, trained_until=cutoff))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Shift:
    """Something that goes wrong from an instant on; `inject` changes rows of the raw attempts, `freeze` what is computed."""

    culprit: str
    inject: Callable[[pd.DataFrame, np.ndarray, np.random.Generator], None] | None = None
    freeze: bool = False


def shifted(attempts: pd.DataFrame, shift: Shift, window: Window, seed: int) -> pd.DataFrame:
    """What is seen when the shift happens in one window."""
    raw = attempts.copy()
    hit = ((raw["attempted_at"] >= window.start) & (raw["attempted_at"] < window.end)).to_numpy()
    if shift.inject is not None:
        shift.inject(raw, np.flatnonzero(hit), np.random.default_rng(seed))
    seen = as_seen(raw)
    if shift.freeze:
        seen.loc[hit, shift.culprit] = seen.loc[hit, shift.culprit].iloc[0]
    return seen


def _larger_amounts(raw: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> None:
    amounts = raw["amount_minor"].to_numpy().copy()
    amounts[hit] = (amounts[hit] * 1.5).astype(np.int64)
    raw["amount_minor"] = amounts


def _new_country(raw: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> None:
    raw.loc[raw.index[hit[rng.random(len(hit)) < 0.2]], "ip_country_code"] = "BR"


def _missing_methods(raw: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> None:
    raw.loc[raw.index[hit[rng.random(len(hit)) < 0.1]], "method"] = None


def _other_hash(raw: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> None:
    """Another salt: as long and as hexadecimal as before, so only that nobody is recognised gives it away."""
    names = raw["device_id"].to_numpy(dtype=object).copy()
    salted = {name: f"d{(int(str(name)[1:], 16) * 2_246_822_519 + 77) & 0xFFFFFFFF:08x}" for name in set(names[hit])}
    names[hit] = [salted[name] for name in names[hit]]
    raw["device_id"] = names


SHIFTS: Mapping[str, Shift] = {
    "amount x 1.5": Shift("amount_minor", _larger_amounts),
    "new country at 20 %": Shift("ip_country_code", _new_country),
    "10 % nulls": Shift("method", _missing_methods),
    "frozen feature": Shift("customer_attempts_90d", freeze=True),
    "another device hash": Shift("device_id", _other_hash),
}
