"""The second stage learned from label windows, each judged by sources that saw only what lay before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.metrics.ranking import hits, ndcg_at
from models.recommendation.candidates import Candidates, first_places
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.first_stage import FirstStage
from models.recommendation.fitted_sources import HISTORY_SOURCES
from models.recommendation.ranker import Blend, Ranker, RankingTable, fit_lambda_rank
from models.recommendation.sources import Asked, FloatTable

TRENDING_ALONE: Mapping[SourceName, float] = {name: 1.0 if name is SourceName.TRENDING else 0.0 for name in HISTORY_SOURCES}
# Too few customers cannot choose weights, and fewer lists than these cannot teach trees.
FEWEST_JUDGES = 30
_FEWEST_LISTS = 150
# More customers than these would not change a choice, only its time.
_MOST_JUDGES = 600
# Customers asked at a time, which bounds memory.
_BATCH = 200


@dataclass(frozen=True)
class LabelWindow:
    """Customers as they stood at a cut, and what they did within the window after it.

    Attributes:
        first_stage: fitted on what lay before the cut.
        grades: asked row × product, of what a list could have shown: 1 looked at, 2 taken. A blend is judged by what was
            taken; trees also learn from looks, which are many more.
    """

    first_stage: FirstStage
    asked: Asked
    grades: sparse.csr_matrix

    @property
    def taken(self) -> sparse.csr_matrix:
        """1 where something was taken."""
        table = sparse.csr_matrix(self.grades > 1, dtype=np.float32)
        table.eliminate_zeros()
        return table


@dataclass(frozen=True)
class JudgedLists:
    """All candidates of some customers with what the sources say of them, to compare orders by."""

    candidates: Candidates
    features: FloatTable
    columns: tuple[str, ...]
    targets: sparse.csr_matrix

    def worth(self, ranker: Ranker) -> NDArray[np.float64]:
        """NDCG@10 of each customer's list in the ranker's order."""
        scores = ranker.score(self.features, self.columns)
        ranked = first_places(self.candidates.rows, self.candidates.products, scores, self.targets.shape[0], 10)
        return ndcg_at(hits(ranked, self.targets), np.asarray(np.diff(self.targets.indptr)), 10)

    def part(self, kept: NDArray[np.bool_]) -> JudgedLists:
        """The lists of some customers."""
        is_kept = kept[self.candidates.rows]
        candidates = self.candidates.only(is_kept)
        renumbered = (np.cumsum(kept) - 1)[candidates.rows]
        candidates = Candidates(renumbered, candidates.products, candidates.scores, candidates.ranks)
        return JudgedLists(candidates, self.features[is_kept], self.columns, self.targets[np.flatnonzero(kept)])


def learn_ranker(
    windows: Iterable[LabelWindow], config: RecommendationConfig, *, report: Callable[[str], None] = lambda line: None
) -> tuple[Ranker, Blend]:
    """The ranker to serve with, and the blend that it was held against.

    Trees are taken where, learned on the older windows, they order the newest one better than a blend of the sources does
    whose weights were chosen on other customers of it; they then learn from all windows. Little data keeps the blend, and
    next to none leaves trending alone.

    Args:
        windows: newest first; each is let go before the next one is asked for.
    """
    rng = np.random.default_rng(config.seed)
    tables: list[RankingTable] = []
    judged: JudgedLists | None = None
    for window in windows:
        if judged is None:
            judged = _judged(window)
        tables.append(ranking_table(window, config, rng))
        report(f"label window {len(tables)}: {tables[-1].list_count} lists, {len(tables[-1].features):,} candidates")
        # The next one is made while this name still holds: two windows would be in memory at once.
        del window
    if judged is None or judged.targets.shape[0] < FEWEST_JUDGES:
        alone = Blend(TRENDING_ALONE)
        return alone, alone
    is_first_half = np.arange(judged.targets.shape[0]) % 2 == 0
    chosen_on, held_out = judged.part(is_first_half), judged.part(~is_first_half)
    blend = Blend(search_weights(judged, steps=config.weight_steps))
    older = [table for table in tables[1:] if table.list_count]
    if sum(table.list_count for table in older) < _FEWEST_LISTS:
        return blend, blend
    trial = fit_lambda_rank(RankingTable.joined(older), judged.columns, config)
    rival = Blend(search_weights(chosen_on, steps=config.weight_steps))
    ours, theirs = float(held_out.worth(trial).mean()), float(held_out.worth(rival).mean())
    report(f"newest window: NDCG@10 {ours:.4f} by trees, {theirs:.4f} by the blend")
    if ours <= theirs:
        return blend, blend
    return fit_lambda_rank(RankingTable.joined(tables), judged.columns, config), blend


def search_weights(judged: JudgedLists, *, steps: Sequence[float], rounds: int = 2) -> Mapping[SourceName, float]:
    """One weight after the other set to its best step, from trending alone at 1; they add up to 1 in the end.

    The search moves only where that is better, so on these customers the blend is never worse than trending.
    """
    names = tuple(judged.candidates.scores)
    weights = {name: TRENDING_ALONE.get(name, 0.0) for name in names}

    def worth(tried: Mapping[SourceName, float]) -> float:
        return float(judged.worth(Blend(tried)).mean())

    best = worth(weights)
    for _ in range(rounds):
        for name in names:
            # Trending keeps a say: for a stranger nothing else speaks.
            for step in steps if name is not SourceName.TRENDING else filter(None, steps):
                tried = {**weights, name: step}
                if step != weights[name] and (value := worth(tried)) > best:
                    best, weights = value, tried
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def ranking_table(window: LabelWindow, config: RecommendationConfig, rng: np.random.Generator) -> RankingTable:
    """The lists of a window's customers with what they took, to learn from."""
    parts = []
    for rows in _batches(len(window.asked)):
        candidates, features = _of_rows(window, rows)
        grades = np.asarray(window.grades[rows][candidates.rows, candidates.products]).ravel().astype(np.int8)
        parts.append(RankingTable.of(features, candidates.rows, grades, negatives=config.ranker_negatives, rng=rng))
    return (
        RankingTable.joined(parts)
        if parts
        else RankingTable(
            np.empty((0, len(window.first_stage.columns)), dtype=np.float32),
            np.empty(0, dtype=np.intp),
            np.empty(0, dtype=np.int8),
        )
    )


def _judged(window: LabelWindow) -> JudgedLists:
    taken = window.taken
    takers = np.flatnonzero(np.diff(taken.indptr))
    drawn = takers[np.linspace(0, len(takers) - 1, min(_MOST_JUDGES, len(takers))).astype(np.intp)]
    found = [(start, *_of_rows(window, drawn[start : start + _BATCH])) for start in range(0, len(drawn), _BATCH)]
    columns = window.first_stage.columns
    if not found:
        empty = Candidates(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), {}, {})
        return JudgedLists(empty, np.empty((0, len(columns)), dtype=np.float32), columns, taken[:0])
    names = window.first_stage.names
    candidates = Candidates(
        np.concatenate([part.rows + start for start, part, _ in found]),
        np.concatenate([part.products for _, part, _ in found]),
        {name: np.concatenate([part.scores[name] for _, part, _ in found]) for name in names},
        {name: np.concatenate([part.ranks[name] for _, part, _ in found]) for name in names},
    )
    return JudgedLists(candidates, np.concatenate([features for _, _, features in found]), columns, taken[drawn])


def _of_rows(window: LabelWindow, rows: NDArray[np.intp]) -> tuple[Candidates, FloatTable]:
    asked = window.asked.part(rows)
    candidates = window.first_stage.propose(asked)
    return candidates, window.first_stage.features(asked, candidates)


def _batches(count: int) -> list[NDArray[np.intp]]:
    return [np.arange(start, min(start + _BATCH, count)) for start in range(0, count, _BATCH)]
