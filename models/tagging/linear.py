"""One linear classifier over TF-IDF rows whose probabilities mean what they say; categories and attributes share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LinearClassifier:
    """A support vector machine per class, and one number that turns margins into probabilities (softmax)."""

    classes: tuple[str, ...]
    coefficients: npt.NDArray[np.float32]
    intercepts: npt.NDArray[np.float32]
    sharpness: float = 1.0

    def margins(self, rows: csr_array) -> Floats:
        """One column per class."""
        return np.asarray(rows @ self.coefficients + self.intercepts, dtype=np.float64)

    def probabilities(self, rows: csr_array) -> Floats:
        """One column per class; each row adds up to one."""
        return softmax(self.sharpness * self.margins(rows))


def fit_linear(rows: csr_array, labels: Sequence[str], *, C: float, seed: int) -> LinearClassifier:
    """The classifier without calibration; at least two classes."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=C, class_weight="balanced", random_state=seed).fit(rows, np.asarray(labels, dtype=object))
    coefficients, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one machine decides between two classes
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    return LinearClassifier(
        tuple(str(name) for name in machine.classes_), coefficients.T.astype(np.float32), intercepts.astype(np.float32)
    )


@dataclass(frozen=True)
class Calibrated:
    """A classifier fitted on all rows, and the probabilities that its like gave to rows that they had not seen."""

    classifier: LinearClassifier
    unseen_probabilities: Floats


def fit_calibrated(
    rows: csr_array, labels: Sequence[str], groups: Sequence[str], *, C: float, folds: int, seed: int
) -> Calibrated:
    """A classifier whose sharpness is learnt across folds; rows of one group (the same title) stay in one fold.

    Source of the single parameter: Guo et al., On calibration of modern neural networks (2017), section 4.2.
    """
    labels = [str(label) for label in labels]
    whole = fit_linear(rows, labels, C=C, seed=seed)
    margins = _unseen_margins(rows, labels, groups, whole.classes, C=C, folds=folds, seed=seed)
    truth = np.searchsorted(np.array(whole.classes), np.array(labels))
    sharpness = _fit_sharpness(margins, truth)
    classifier = LinearClassifier(whole.classes, whole.coefficients, whole.intercepts, sharpness)
    return Calibrated(classifier, softmax(sharpness * margins))


def threshold_for(confidence: Floats, is_right: npt.NDArray[np.bool_], *, precision: float, min_answers: int) -> float | None:
    """The lowest confidence from which on answers are right often enough; None where no threshold reaches that."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    # Answers of equal confidence stand or fall together.
    is_end = np.append(np.diff(confidence[order]) != 0, True) if len(order) else np.zeros(0, bool)
    good = np.flatnonzero(is_end & (share >= precision) & (np.arange(1, len(order) + 1) >= min_answers))
    return float(confidence[order][good[-1]]) if len(good) else None


def softmax(values: Floats) -> Floats:
    """Rows of positive numbers that add up to one."""
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _unseen_margins(
    rows: csr_array, labels: list[str], groups: Sequence[str], classes: tuple[str, ...], **options: Any
) -> Floats:
    """Margins from a machine that saw neither the row nor its title; a class that it never saw gets the margin of none."""
    from sklearn.model_selection import GroupKFold

    folds = min(options.pop("folds"), len(set(groups)))
    margins = np.full((len(labels), len(classes)), -1.0)
    split = GroupKFold(folds, shuffle=True, random_state=options["seed"])
    for fitted, held_out in split.split(np.zeros(len(labels)), groups=list(groups)):
        known = [labels[row] for row in fitted]
        if len(set(known)) < 2:
            continue
        machine = fit_linear(rows[fitted], known, **options)
        margins[np.ix_(held_out, np.searchsorted(np.array(classes), np.array(machine.classes)))] = machine.margins(rows[held_out])
    return margins


def _fit_sharpness(margins: Floats, truth: npt.NDArray[np.intp]) -> float:
    from scipy.optimize import minimize_scalar

    own = margins[np.arange(len(truth)), truth]

    def loss(log_sharpness: float) -> float:
        scaled = np.exp(log_sharpness) * (margins - own[:, None])
        return float(np.logaddexp.reduce(scaled, axis=1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded").x))
