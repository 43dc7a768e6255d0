"""Second stage: one order of all candidates, learned from what customers took after the sources had spoken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from models.recommendation.cascade import scored
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.sources import FloatTable

if TYPE_CHECKING:
    import lightgbm as lgb

# What a grade is worth: taking a product says more than looking at it, yet looks are many times more.
LABEL_GAIN = (0.0, 1.0, 4.0)


class Ranker(Protocol):
    """Orders candidates by their features."""

    def score(self, features: FloatTable, names: Sequence[str], *, lists: NDArray[np.intp] | None = None) -> FloatTable:
        """One number per row of `features`, whose columns are `names`; larger is better, within one list only.

        Args:
            lists: the list of each row, ascending; whoever needs only first places says it, and may get them quicker.
        """


@dataclass(frozen=True)
class Blend:
    """Σ of weight × score over the sources: what little data can carry, and what the ranker has to beat."""

    weights: Mapping[SourceName, float]

    def score(self, features: FloatTable, names: Sequence[str], *, lists: NDArray[np.intp] | None = None) -> FloatTable:
        """The weighted sum; a silent source adds nothing."""
        total = np.zeros(len(features), dtype=np.float32)
        # In one order always: a sum of floats depends on it.
        for name, weight in sorted(self.weights.items()):
            if weight and (column := f"{name.value}_score") in names:
                total += np.float32(weight) * np.nan_to_num(features[:, names.index(column)])
        return total


@dataclass(frozen=True)
class LambdaRank:
    """LightGBM's LambdaRank (Burges 2010) over `names`, kept as its text, which is its whole state."""

    text: str
    names: tuple[str, ...]

    def score(self, features: FloatTable, names: Sequence[str], *, lists: NDArray[np.intp] | None = None) -> FloatTable:
        """The trees' sum; where `lists` are given, by a cascade.

        Raises:
            ValueError: the columns are not those it was trained on.
        """
        if tuple(names) != self.names:
            raise ValueError(f"the ranker reads {', '.join(self.names)}; {', '.join(names)} came")
        if not len(features):
            return np.zeros(0, dtype=np.float32)
        if lists is None:
            return np.asarray(self._booster.predict(features, num_threads=1), dtype=np.float32)
        return scored(self._booster, features, lists).astype(np.float32)

    @cached_property
    def _booster(self) -> lgb.Booster:
        import lightgbm as lgb

        return lgb.Booster(model_str=self.text)


@dataclass(frozen=True)
class RankingTable:
    """Candidates of many lists with what was taken later.

    Attributes:
        groups: the list that each row belongs to; rows of a list lie together, in an order that says nothing.
        grades: what the customer did with the product within the label window: 0 nothing, 1 looked at it, 2 took it.
    """

    features: FloatTable
    groups: NDArray[np.intp]
    grades: NDArray[np.int8]

    @classmethod
    def of(
        cls,
        features: FloatTable,
        rows: NDArray[np.intp],
        grades: NDArray[np.int8],
        *,
        negatives: int,
        rng: np.random.Generator,
    ) -> RankingTable:
        """Lists in which something was done, with at most `negatives` other rows drawn at random, shuffled.

        Shuffled, since trees whose scores tie would otherwise look perfect on rows with the best ones first.
        """
        is_done = grades > 0
        has_any = np.bincount(rows, weights=is_done, minlength=int(rows.max(initial=-1)) + 1) > 0
        lot = np.where(is_done, -1.0, rng.random(len(rows)))
        order = np.lexsort((lot, rows))
        place = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
        done = np.bincount(rows, weights=is_done)[rows[order]] if len(rows) else np.zeros(0)
        kept = order[(place < done + negatives) & has_any[rows[order]]]
        kept = kept[np.lexsort((rng.random(len(kept)), rows[kept]))]
        return cls(features[kept], rows[kept], grades[kept])

    @classmethod
    def joined(cls, tables: Sequence[RankingTable]) -> RankingTable:
        """All rows, lists kept apart."""
        groups, first = [], 0
        for table in tables:
            groups.append(table.groups + first)
            first += int(table.groups.max(initial=-1)) + 1
        return cls(
            np.concatenate([table.features for table in tables]),
            np.concatenate(groups),
            np.concatenate([table.grades for table in tables]),
        )

    @property
    def list_count(self) -> int:
        """How many lists there are."""
        return len(np.unique(self.groups))


def fit_lambda_rank(
    table: RankingTable, names: Sequence[str], config: RecommendationConfig, *, n_estimators: int | None = None
) -> LambdaRank:
    """Trees that put first what was taken, then what was looked at; the same table gives the same trees."""
    import lightgbm as lgb

    _, sizes = np.unique(table.groups, return_counts=True)
    parameters = {
        "objective": "lambdarank",
        "learning_rate": config.learning_rate,
        "num_leaves": config.num_leaves,
        "min_data_in_leaf": config.min_data_in_leaf,
        "feature_fraction": config.feature_fraction,
        "lambda_l2": config.lambda_l2,
        "label_gain": list(LABEL_GAIN),
        "lambdarank_truncation_level": config.lambdarank_truncation_level,
        "seed": config.seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    data = lgb.Dataset(table.features, table.grades.astype(np.float32), group=sizes, feature_name=list(names))
    booster = lgb.train(parameters, data, n_estimators or config.n_estimators)
    return LambdaRank(booster.model_to_string(), tuple(names))
