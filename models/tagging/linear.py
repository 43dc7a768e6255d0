"""One linear classifier over TF-IDF rows whose probabilities mean what they say; categories and attributes share it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

Floats = npt.NDArray[np.float64]

# Machines that are this far from their optimum answer alike, and are fitted in a third of the time.
_TOLERANCE = 0.1
# The margin of a class that a machine never saw.
_NEVER_SEEN = -1.5
# From so many titles on, one half told by the other is enough to learn a sharpness and a threshold from.
_MANY_ROWS = 5_000
# How much rare classes may be favoured, what that may cost of the share of right answers, and the least gain that is no accident.
_FAVOURS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2)
_MOST_LOST_ACCURACY = 0.002
_LEAST_GAINED_F1 = 0.005


@dataclass(frozen=True)
class Examples:
    """Rows with the label of each.

    Attributes:
        word_count: how many of the first columns are single words.
        hints: rows of what the classes are called, a few words each, with their labels; they count `hint_weight` rows each.
    """

    rows: csr_array
    labels: Sequence[str]
    word_count: int
    hints: csr_array | None = None
    hint_labels: Sequence[str] = ()
    hint_weight: float = 4.0

    def of(self, chosen: npt.NDArray[np.intp]) -> "Examples":
        """The chosen rows, and the hints of the classes that have some."""
        labels = [self.labels[row] for row in chosen.tolist()]
        known = np.flatnonzero(np.isin(np.array(self.hint_labels, dtype=str), np.array(labels, dtype=str)))
        hints = None if self.hints is None else self.hints[known]
        return Examples(
            self.rows[chosen], labels, self.word_count, hints, [self.hint_labels[row] for row in known.tolist()], self.hint_weight
        )


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


def fit_linear(examples: Examples, *, C: float, words_C: float, seed: int) -> LinearClassifier:
    """The classifier without calibration; at least two classes.

    It is the mean of two: one over single words, which does not follow a shop's habits of spelling, and one over all terms,
    which knows the pieces of words that it never saw. Both are linear, so the mean is one matrix.
    """
    from sklearn.svm import LinearSVC

    rows, labels, weights = examples.rows, np.asarray(examples.labels, dtype=object), np.ones(len(examples.labels))
    if examples.hints is not None and len(examples.hint_labels):
        rows = csr_array(vstack([rows, examples.hints], format="csr"))
        labels = np.append(labels, np.asarray(examples.hint_labels, dtype=object))
        weights = np.append(weights, np.full(len(examples.hint_labels), examples.hint_weight))
    words = examples.word_count
    whole = LinearSVC(C=C, tol=_TOLERANCE, random_state=seed).fit(rows, labels, sample_weight=weights)
    coefficients, intercepts = whole.coef_, whole.intercept_
    if 0 < words < rows.shape[1]:
        single = LinearSVC(C=words_C, tol=_TOLERANCE, random_state=seed).fit(rows[:, :words], labels, sample_weight=weights)
        coefficients[:, :words] += single.coef_
        coefficients, intercepts = coefficients / 2, (intercepts + single.intercept_) / 2
    if len(whole.classes_) == 2:  # one machine decides between two classes
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    return LinearClassifier(
        tuple(str(name) for name in whole.classes_), coefficients.T.astype(np.float32, order="C"), intercepts.astype(np.float32)
    )


@dataclass(frozen=True)
class Calibrated:
    """A classifier fitted on all rows, and what its like said of the rows `unseen`, of which it had seen not even the title."""

    classifier: LinearClassifier
    unseen: npt.NDArray[np.intp]
    unseen_probabilities: Floats

    @property
    def unseen_guesses(self) -> npt.NDArray[np.object_]:
        """The likeliest class of each unseen row."""
        classes: npt.NDArray[np.object_] = np.array(self.classifier.classes, dtype=object)
        return np.asarray(classes[self.unseen_probabilities.argmax(axis=1)], dtype=object)


def fit_calibrated(examples: Examples, groups: Sequence[str], *, C: float, words_C: float, folds: int, seed: int) -> Calibrated:
    """A classifier whose two parameters are learnt across folds; rows of one group (the same title) stay in one fold.

    One favours rare classes where that finds more of them: Menon et al., Long-tail learning via logit adjustment (2021), section
    4.2. The other is the sharpness: Guo et al., On calibration of modern neural networks (2017), section 4.2. Where all rows are
    of one group, or no fold has two classes to learn from, nothing is unseen and the margins stay as they are.
    """
    whole = fit_linear(examples, C=C, words_C=words_C, seed=seed)
    unseen, margins = _unseen_margins(examples, groups, whole.classes, C=C, words_C=words_C, folds=folds, seed=seed)
    if not len(unseen):
        return Calibrated(whole, unseen, margins)
    truth = np.searchsorted(np.array(whole.classes), np.array(examples.labels, dtype=str)[unseen])
    counts = np.bincount(
        np.searchsorted(np.array(whole.classes), np.array(examples.labels, dtype=str)), minlength=margins.shape[1]
    )
    handicap = favour_for(margins, truth, counts) * np.log(np.maximum(counts, 1) / len(examples.labels))
    margins = margins - handicap
    sharpness = _fit_sharpness(margins, truth)
    intercepts = (whole.intercepts - handicap).astype(np.float32)
    classifier = LinearClassifier(whole.classes, whole.coefficients, intercepts, sharpness)
    return Calibrated(classifier, unseen, softmax(sharpness * margins))


def threshold_for(confidence: Floats, is_right: npt.NDArray[np.bool_], *, precision: float, min_answers: int) -> float | None:
    """The lowest confidence from which on answers are right often enough; None where no threshold reaches that."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    # Answers of equal confidence stand or fall together.
    is_end = np.append(np.diff(confidence[order]) != 0, True) if len(order) else np.zeros(0, bool)
    good = np.flatnonzero(is_end & (share >= precision) & (np.arange(1, len(order) + 1) >= min_answers))
    return float(confidence[order][good[-1]]) if len(good) else None


def favour_for(margins: Floats, truth: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> float:
    """How many times the logarithm of a class's share is taken off its margin: what finds the classes best, evenly weighed.

    Args:
        counts: rows of each class.
    """
    shares = np.log(np.maximum(counts, 1) / counts.sum())
    said = {favour: (margins - favour * shares).argmax(axis=1) for favour in _FAVOURS}
    right = {favour: float((answers == truth).mean()) for favour, answers in said.items()}
    score = {favour: _macro_f1(truth, answers, len(counts)) for favour, answers in said.items()}
    allowed = [favour for favour in _FAVOURS if right[favour] >= right[0.0] - _MOST_LOST_ACCURACY]
    best = max(allowed, key=lambda favour: score[favour])
    return best if score[best] >= score[0.0] + _LEAST_GAINED_F1 else 0.0


def softmax(values: Floats) -> Floats:
    """Rows of positive numbers that add up to one."""
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _unseen_margins(
    examples: Examples, groups: Sequence[str], classes: tuple[str, ...], *, C: float, words_C: float, folds: int, seed: int
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Rows, and their margins from a machine that saw neither the row nor its title; of many rows half are enough."""
    from sklearn.model_selection import GroupKFold

    count = len(examples.labels)
    is_many = count >= _MANY_ROWS
    group_count = len(set(groups))
    if group_count < 2:
        return _nothing_unseen(classes)
    split = GroupKFold(2 if is_many else min(folds, group_count), shuffle=True, random_state=seed)
    unseen: list[npt.NDArray[np.intp]] = []
    margins: list[Floats] = []
    for fitted, held_out in split.split(np.zeros(count), groups=list(groups)):
        part = examples.of(fitted)
        if len(set(part.labels)) < 2:
            continue
        machine = fit_linear(part, C=C, words_C=words_C, seed=seed)
        told = np.full((len(held_out), len(classes)), _NEVER_SEEN)
        told[:, np.searchsorted(np.array(classes), np.array(machine.classes))] = machine.margins(examples.rows[held_out])
        unseen.append(held_out)
        margins.append(told)
        if is_many:
            break
    return (np.concatenate(unseen), np.concatenate(margins)) if unseen else _nothing_unseen(classes)


def _nothing_unseen(classes: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], Floats]:
    return np.zeros(0, np.intp), np.zeros((0, len(classes)))


def _macro_f1(truth: npt.NDArray[np.intp], said: npt.NDArray[np.intp], size: int) -> float:
    hits, true, told = (np.bincount(codes, minlength=size) for codes in (truth[truth == said], truth, said))
    occurs = true > 0
    return float((2 * hits[occurs] / (true + told)[occurs]).mean())


def _fit_sharpness(margins: Floats, truth: npt.NDArray[np.intp]) -> float:
    """The sharpness that makes the truth likeliest, of n rows each wrong once in n + 2.

    So a few rows that are all right do not make it certain: Platt, Probabilistic outputs for support vector machines (1999),
    section 2.2.
    """
    from scipy.optimize import minimize_scalar

    own = margins[np.arange(len(truth)), truth]
    doubt = 1 / (len(truth) + 2)
    behind = float((own - (margins.sum(axis=1) - own) / (margins.shape[1] - 1)).mean())

    def loss(log_sharpness: float) -> float:
        sharpness = float(np.exp(log_sharpness))
        scaled = sharpness * (margins - own[:, None])
        return float(np.logaddexp.reduce(scaled, axis=1).mean()) + doubt * sharpness * behind

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded").x))
