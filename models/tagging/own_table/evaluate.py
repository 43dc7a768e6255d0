"""`marketplace evaluate tagging`: the label of a product from its title, ours beside plain baselines."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.evaluation import Metric
from models.metrics.coverage import coverage_curve
from models.own_table.measuring import Cost, measured
from models.own_table.report import MeasuredMethod, Report, described, gained
from models.tagging.own_table.methods import SERVED, Known, methods
from models.tagging.own_table.products import ARROW, ProductColumns, check, read_products, split
from models.tagging.own_table.scores import Answers, Codes, by_size, intervals

PRIMARY_METRIC = "macro_f1"
_DRAWS = 200
# Every part of the test has its own macro F1; the whole has no name.
_WHOLE = ""


def evaluate_tagging(
    files: Sequence[Path],
    test_files: Sequence[Path],
    columns: ProductColumns,
    *,
    min_rows: int = 10,
    test_share: float = 0.2,
    seed: int = 7,
    report: Callable[[str], None] = lambda line: None,
) -> Report:
    """The table of methods on products of which none saw the title, or, where one is seen again, says so apart.

    Args:
        test_files: products to judge by; without them `test_share` of the products, by whole groups or titles.
        min_rows: labels with fewer products to learn from are left out on both sides, and counted.

    Raises:
        InvalidInputError, MissingColumnsError: the files cannot be used.
        EmptyTrainingSetError: fewer than two labels, or nothing to judge by, is left.
    """
    check(columns)
    if not 0 < test_share < 1:
        raise InvalidInputError(f"the test share is {test_share:g}; give a share between 0 and 1, such as 0.2")
    report("reading")
    read = [read_products(paths, columns) for paths in (files, test_files) if paths]
    everything = read[0][1]
    kept = {label for label, count in Counter(everything.labels).items() if count >= min_rows}
    if len(kept) < 2:
        way_out = "bring more products" + (", or ask for fewer with --min-rows" if min_rows > 1 else "")
        raise EmptyTrainingSetError(
            f"{len(everything)} products have {len(set(everything.labels))} labels, {len(kept)} of them with {min_rows} products "
            f"or more; tagging learns from two or more: {way_out}"
        )
    parts = [products.rows(np.array([label in kept for label in products.labels], dtype=bool)) for _, products in read]
    past, test = parts if test_files else split(parts[0], test_share=test_share, seed=seed)
    if not len(test) or len(set(past.labels)) < 2:
        raise EmptyTrainingSetError(
            f"{len(past)} products of {len(set(past.labels))} labels to learn from and {len(test)} to judge by; it takes two "
            "labels and a product: bring more products"
        )
    names = np.array(sorted(kept), dtype=object)
    truth = np.searchsorted(names.astype(str), test.labels.astype(str)).astype(np.int64)
    units, unit = np.unique(test.units.astype(str), return_inverse=True)
    known = Known(
        past.texts.tolist(),
        np.searchsorted(names.astype(str), past.labels.astype(str)).astype(np.int64),
        past.units.tolist(),
        len(names),
        seed,
        [str(name).split(ARROW) for name in names],
    )
    report(f"{len(past):,} products to learn from, {len(test):,} to judge by, {len(names)} labels")
    answers: dict[str, Answers] = {}
    costs: dict[str, Cost] = {}
    for name, fit in methods().items():
        with measured() as costs[name]:
            score = fit(known)
        answers[name] = _answers(score(test.texts.tolist()), truth, unit.astype(np.int64))
        report(f"{name}: trained in {costs[name].cpu_s:.1f} CPU s")
    report("intervals over groups")
    seen = np.isin(test.titles.astype(str), past.titles.astype(str))
    by_part = _parts(answers, names, seen, Counter(everything.labels), columns.levels or 1)
    figures, gains = intervals(by_part, len(units), served=SERVED, primary=PRIMARY_METRIC, draws=_DRAWS, seed=seed)
    data = {
        **described(*(table for table, _ in read)),
        "labels": len(names),
        "labels_left_out": len(set(everything.labels) - kept),
        "rows_of_labels_left_out": sum(len(products) for _, products in read) - sum(len(products) for products in parts),
        "train_rows": len(past),
        "test_rows": len(test),
        "test_rows_text_seen": int(seen.sum()),
        "test_groups": len(units),
        "test_labels_not_learnt": len(set(test.labels) - set(past.labels)),
        "accuracy_by_coverage": {name: _curve(answer) for name, answer in answers.items()},
        **gained(SERVED, PRIMARY_METRIC, gains),
    }
    return Report("tagging", data, _rows(figures, costs), _notes(columns, test_files, min_rows))


def _curve(answers: Answers) -> dict[str, float]:
    """How right the surest share of the answers is, per share."""
    curve = coverage_curve(answers.confidence, answers.ranked[:, 0] == answers.truth)
    return {f"{share:g}": round(value, 4) for share, value in curve.items()}


def _answers(scores: npt.NDArray[np.float64], truth: Codes, unit: Codes) -> Answers:
    """The three best labels, equal scores in order of the labels; sure is who sees the second far behind."""
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, : min(3, scores.shape[1])].astype(np.int64)
    best = np.take_along_axis(scores, ranked, axis=1)
    return Answers(truth, ranked, best[:, 0] - best[:, 1], unit)


def _parts(
    answers: Mapping[str, Answers],
    names: npt.NDArray[np.object_],
    seen: npt.NDArray[np.bool_],
    sizes: Mapping[str, int],
    levels: int,
) -> dict[str, Mapping[str, Answers]]:
    """The whole test and what is told apart of it; a part without any row is left out."""
    by_part: dict[str, Mapping[str, Answers]] = {_WHOLE: answers}
    sized = by_size(answers[SERVED].truth, [sizes[name] for name in names])
    chosen = {"text seen": seen, "text not seen": ~seen} | sized
    for part, rows in chosen.items():
        if rows.any():
            by_part[part] = {name: answer.rows(rows) for name, answer in answers.items()}
    for level in range(1, levels):
        above = [ARROW.join(str(name).split(ARROW)[:level]) for name in names]
        parent = np.unique(above, return_inverse=True)[1].astype(np.int64)
        by_part[f"first {level} of {levels} levels"] = {name: answer.broader(parent) for name, answer in answers.items()}
    return by_part


def _rows(figures: Mapping[str, Mapping[str, Mapping[str, Metric]]], costs: Mapping[str, Cost]) -> tuple[MeasuredMethod, ...]:
    return tuple(
        MeasuredMethod(
            name,
            metrics,
            name == SERVED,
            costs[name].cpu_s,
            costs[name].peak_mb,
            {part: models[name] for part, models in figures.items() if part != _WHOLE},
        )
        for name, metrics in figures[_WHOLE].items()
    )


def _notes(columns: ProductColumns, test_files: Sequence[Path], min_rows: int) -> tuple[str, ...]:
    if test_files:
        parted = "products were parted by their files; titles in both are told apart as seen"
    elif columns.group:
        parted = "a group is learnt from or judged by as a whole; titles that two groups share are told apart as seen"
    else:
        parted = "titles that differ only in case, blanks and punctuation are learnt from or judged by as a whole"
    return (
        parted,
        f"labels with fewer than {min_rows} products are left out on both sides; intervals draw whole groups or titles",
        "a label that only the test knows counts as missed; broader levels are those of the answers to the narrowest",
    )
