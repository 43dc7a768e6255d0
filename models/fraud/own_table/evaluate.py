"""`marketplace evaluate fraud`: which transactions turn out to be fraud, ours beside plain baselines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
import polars as pl

from marketplace.errors import InvalidInputError
from models.fraud.own_table.estimates import estimates
from models.fraud.own_table.features import FeatureTable, build_features
from models.fraud.own_table.methods import SERVED, methods, sample
from models.fraud.own_table.scores import METRICS, Figures, ScoredWindow, intervals
from models.fraud.own_table.splits import Fold, customer_fold, time_fold, weekly_folds
from models.fraud.own_table.transactions import Floats, Transactions, transactions
from models.metrics.classification import roc_auc
from models.own_table.measuring import Cost, measured
from models.own_table.report import MeasuredMethod, Report, described, gained
from models.tables import Column, Kind, Table, read_table

PRIMARY_METRIC = "average_precision"
OTHER_METRICS = ("roc_auc", "recall_at_1pct_fpr")
_DRAWS = 200
# Below this ratio of the rates of fraud before and in the test nothing is said about it.
_RATE_RATIO = 2.0


class Split(StrEnum):
    """How learning and judging are parted."""

    WEEKLY = "weekly"
    CUSTOMERS = "customers"
    TIME = "time"


@dataclass(frozen=True)
class FraudColumns:
    """What the file calls its columns; those that are None are not there."""

    time: str
    customer: str
    amount: str
    label: str
    terminal: str | None = None
    device: str | None = None
    ip: str | None = None
    signup_time: str | None = None


@dataclass(frozen=True)
class Protocol:
    """The split and what it needs; `label_delay_days` holds for every split, in features as in training."""

    split: Split
    test: Sequence[Path] = ()
    test_start: date | None = None
    weeks: int | None = None
    train_days: int | None = None
    test_share: float | None = None
    label_delay_days: int = 7


def evaluate_fraud(
    files: Sequence[Path],
    columns: FraudColumns,
    protocol: Protocol,
    *,
    seed: int = 7,
    report: Callable[[str], None] = lambda line: None,
) -> Report:
    """The table of methods on transactions that none of them saw, each known only by its past.

    Raises:
        InvalidInputError, MissingColumnsError: the files or the protocol cannot be used.
        EmptyTrainingSetError: no fraud, or nothing else, is known when the test begins.
    """
    _check(protocol)
    report("reading")
    tables = [_read(paths, columns) for paths in (files, protocol.test) if paths]
    frame, left_out = _joined([table.frame for table in tables])
    data = transactions(frame)
    del frame
    folds = _folds(data, protocol)
    used = np.unique(np.concatenate([rows for fold in folds for rows in (fold.train, fold.test)]))
    report(f"{len(data):,} transactions; features of {len(used):,}")
    with measured() as feature_cost:
        features = build_features(data, used, label_delay=timedelta(days=protocol.label_delay_days))
    report(f"{len(features.names)} features in {feature_cost.cpu_s:.1f} CPU s")
    scored, costs = _score(data, features, folds, used, seed=seed, report=report)
    report("intervals over customers")
    figures, gains = intervals(scored, int(data.codes["customer"].max()) + 1, served=SERVED, draws=_DRAWS, seed=seed)
    about = {
        **described(*tables),
        **left_out,
        "transactions": len(data),
        "frauds": int(data.is_fraud.sum()),
        "customers": len(np.unique(data.codes["customer"])),
        "split": protocol.split.value,
        "label_delay_days": protocol.label_delay_days,
        "features": len(features.names),
        "feature_cpu_s": round(feature_cost.cpu_s, 2),
        "feature_peak_mb": round(feature_cost.peak_mb, 1),
        "windows": {fold.name: _about(data, fold) for fold in folds},
        "estimates": estimates(scored, [fold.name for fold in folds]),
        **gained(SERVED, PRIMARY_METRIC, {name: metrics[PRIMARY_METRIC] for name, metrics in gains.items()}),
    }
    for metric in OTHER_METRICS:
        differences = gained(SERVED, metric, {name: metrics[metric] for name, metrics in gains.items()})
        about[f"served_minus_others_in_{metric}"] = differences["served_minus_others"]
    return Report("fraud", about, _rows(figures, costs, folds), _notes(data, features, folds, used, protocol))


def _check(protocol: Protocol) -> None:
    """Every split has what it needs and nothing that it would not use."""
    needs: Mapping[Split, dict[str, object]] = {
        Split.WEEKLY: {"--test-start": protocol.test_start, "--weeks": protocol.weeks, "--train-days": protocol.train_days},
        Split.CUSTOMERS: {"--test": protocol.test or None},
        Split.TIME: {"--test-share": protocol.test_share},
    }
    if missing := [option for option, value in needs[protocol.split].items() if value is None]:
        raise InvalidInputError(
            f"--split {protocol.split} needs {' and '.join(missing)}; see `marketplace evaluate fraud --help`"
        )
    foreign = [
        option
        for split, held in needs.items()
        if split is not protocol.split
        for option, value in held.items()
        if value is not None
    ]
    if foreign:
        raise InvalidInputError(
            f"--split {protocol.split} has no use for {' and '.join(foreign)}; leave it out or change the split"
        )


def _read(paths: Sequence[Path], columns: FraudColumns) -> Table:
    asked = [
        Column("time", columns.time, Kind.TIME),
        Column("customer", columns.customer, Kind.ID),
        Column("amount", columns.amount, Kind.NUMBER, at_least=0.0),
        Column("label", columns.label, Kind.FLAG),
    ]
    optional = {"terminal": columns.terminal, "device": columns.device, "ip": columns.ip}
    asked += [Column(role, name, Kind.ID, is_optional=True) for role, name in optional.items() if name]
    if columns.signup_time:
        asked.append(Column("signup_time", columns.signup_time, Kind.TIME, is_optional=True))
    table = read_table(paths, asked)
    if columns.signup_time:
        table = table.without(pl.col("signup_time") > pl.col("time"), "signed up after the transaction")
        if not len(table.frame):
            raise InvalidInputError(f"every transaction lies before its sign-up; is '{columns.signup_time}' the right column?")
    return table


def _joined(frames: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Both sides of a split by customers as one table; rows of a test customer are not learnt from."""
    if len(frames) == 1:
        return frames[0], {}
    # Each table has categories of its own; as text they can be compared.
    as_text = [frame.with_columns(pl.col(pl.Categorical).cast(pl.String)) for frame in frames]
    learnt, held_out = as_text
    kept = learnt.filter(~pl.col("customer").is_in(held_out["customer"].unique().implode()))
    if not len(kept):
        raise InvalidInputError("every customer is in the test file too; nobody is left to learn from")
    both = pl.concat([kept.with_columns(is_held_out=pl.lit(False)), held_out.with_columns(is_held_out=pl.lit(True))])
    return both, {"train_rows_of_test_customers": len(learnt) - len(kept)}


def _folds(data: Transactions, protocol: Protocol) -> list[Fold]:
    delay = protocol.label_delay_days
    if protocol.split is Split.CUSTOMERS:
        return [customer_fold(data)]
    if protocol.split is Split.TIME:
        return [time_fold(data, test_share=protocol.test_share or 0.0, label_delay_days=delay)]
    if protocol.test_start is None or protocol.weeks is None or protocol.train_days is None:
        raise InvalidInputError("the weekly split needs a start, a number of weeks and days to train on")
    return weekly_folds(
        data, test_start=protocol.test_start, weeks=protocol.weeks, train_days=protocol.train_days, label_delay_days=delay
    )


def _score(
    data: Transactions,
    features: FeatureTable,
    folds: Sequence[Fold],
    used: np.ndarray[tuple[int], np.dtype[np.int64]],
    *,
    seed: int,
    report: Callable[[str], None],
) -> tuple[dict[str, list[ScoredWindow]], dict[str, Cost]]:
    fits = methods()
    scored: dict[str, list[ScoredWindow]] = {name: [] for name in fits}
    costs = {name: Cost() for name in fits}
    for fold in folds:
        train, test = np.searchsorted(used, fold.train), np.searchsorted(used, fold.test)
        customers = data.codes["customer"][fold.train] if data.is_held_out.any() else None
        learnt = sample(features, train, data.is_fraud[fold.train].astype(np.float64), seed=seed, customers=customers)
        for name, fit in fits.items():
            with measured() as cost:
                probability = fit(learnt)
            costs[name] += cost
            scored[name].append(
                ScoredWindow(data.codes["customer"][fold.test], data.days[fold.test], data.is_fraud[fold.test], probability(test))
            )
            report(f"{fold.name}: {name} trained on {len(learnt.rows):,} transactions in {cost.cpu_s:.1f} CPU s")
    return scored, costs


def _about(data: Transactions, fold: Fold) -> dict[str, int]:
    return {
        "train_rows": len(fold.train),
        "train_frauds": int(data.is_fraud[fold.train].sum()),
        "test_rows": len(fold.test),
        "test_frauds": int(data.is_fraud[fold.test].sum()),
        "removed_rows_of_compromised_cards": fold.removed,
    }


def _rows(figures: Mapping[str, Figures], costs: Mapping[str, Cost], folds: Sequence[Fold]) -> tuple[MeasuredMethod, ...]:
    def parts(name: str) -> dict[str, Mapping[str, object]]:
        return {fold.name: metrics for fold, metrics in zip(folds, figures[name].windows, strict=True)} if len(folds) > 1 else {}

    return tuple(
        MeasuredMethod(
            name,
            {metric: figures[name].mean[metric] for metric in METRICS},
            name == SERVED,
            costs[name].cpu_s,
            costs[name].peak_mb,
            parts(name),  # type: ignore[arg-type]
        )
        for name in figures
    )


def _notes(
    data: Transactions,
    features: FeatureTable,
    folds: Sequence[Fold],
    used: np.ndarray[tuple[int], np.dtype[np.int64]],
    protocol: Protocol,
) -> tuple[str, ...]:
    notes = [
        f"a label is known {protocol.label_delay_days} days after its transaction; features count no label before that",
        "the baselines read the columns of the Fraud Detection Handbook, the served model all features; intervals draw customers",
        "card_precision_at_100 divides by 100 cards a day, as the handbook does, also where fewer were used",
        "estimates come from the probabilities alone, before any label; alerts are the 100 likeliest transactions of a day",
    ]
    if protocol.split is Split.WEEKLY:
        notes.append(
            "cards with a fraud in the seven days before the label delay, or known since, are left out of the test; figures are "
            "means over the weeks, each under `parts`"
        )
    if not any(data.is_fraud[fold.test].any() for fold in folds):
        notes.append("no fraud in the test: nothing can be said about finding it")
    for fold in folds:
        notes += _drift(data, features, fold, used)
    return tuple(notes)


def _drift(data: Transactions, features: FeatureTable, fold: Fold, used: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[str]:
    """What changed between training and test, where fraud is much rarer or more frequent: why a figure is low."""
    before, now = data.is_fraud[fold.train].astype(float), data.is_fraud[fold.test].astype(float)
    rates = sorted((before.mean(), now.mean()))
    if not now.any() or rates[1] < _RATE_RATIO * rates[0]:
        return []
    train, test = np.searchsorted(used, fold.train), np.searchsorted(used, fold.test)
    told = {name: _telling(before, features.matrix[train, at]) for at, name in enumerate(features.names)}
    best = max(told, key=lambda name: told[name])
    later = _telling(now, features.matrix[test, features.names.index(best)])
    return [
        f"{fold.name}: {before.mean():.1%} of what is learnt from is fraud and {now.mean():.1%} of the test; what tells most in "
        f"training, {best}, parts fraud from the rest with an AUC of {told[best]:.2f} there and {later:.2f} in the test"
    ]


def _telling(outcomes: Floats, values: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> float:
    """How well a column alone parts the two, whichever way it points; what is not known lies below all."""
    area = roc_auc(outcomes, np.nan_to_num(values, nan=-1.0))
    return max(area, 1 - area)
