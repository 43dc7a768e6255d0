"""The sources together with what the ranker reads of their candidates, as of one instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.recommendation.candidates import Candidates, merged
from models.recommendation.config import SourceName
from models.recommendation.fitted_sources import Sources
from models.recommendation.newcomers import is_newcomer, with_newcomer
from models.recommendation.ranker import Ranker
from models.recommendation.ranking import RankingFeatures
from models.recommendation.sources import Asked, FloatTable


@dataclass(frozen=True)
class FirstStage:
    """Fitted on what lay before an instant; its `names` are the sources that it asks, `n` how many products of each."""

    sources: Sources
    reads: RankingFeatures
    names: tuple[SourceName, ...]
    n: int

    def propose(self, asked: Asked, *, beside: Iterable[sparse.csr_matrix] = ()) -> Candidates:
        """Every source's best products for each row, and those of the tables `beside`."""
        return merged(self.sources.ask(asked, self.n, names=self.names), beside=beside)

    def features(self, asked: Asked, candidates: Candidates) -> FloatTable:
        """What the ranker reads of each candidate, in the order of `columns`."""
        return self.reads.of(asked, candidates, self.sources.collaborative)

    def order(self, ranker: Ranker, asked: Asked, candidates: Candidates) -> FloatTable:
        """The ranker's score of each candidate, one place kept for a newcomer; what trends, for somebody without a history:
        nothing else speaks for them."""
        is_stranger = (np.diff(asked.profiles.indptr) == 0)[candidates.rows]
        scores = np.nan_to_num(candidates.scores[SourceName.TRENDING])
        if not is_stranger.all():
            ranked = ranker.score(self.features(asked, candidates), self.columns, lists=candidates.rows)
            scores = np.where(is_stranger, scores, ranked)
        if SourceName.CONTENT not in candidates.scores:
            return scores
        if self.reads.listed_days is None:
            return scores
        return with_newcomer(scores, candidates, is_newcomer(self.reads.activity, self.reads.listed_days, candidates.products))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the features."""
        return self.reads.names([name.value for name in self.names])
