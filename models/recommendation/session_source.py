"""The session model as one of the recommender's sources: asked with the running session as profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.recommendation.config import RecommendationConfig
from models.recommendation.dataset import TrainingSet
from models.recommendation.ragged import gather
from models.recommendation.session_neighbours import Sessions
from models.recommendation.session_ranker import SessionModel
from models.recommendation.shop_sessions import shop_sessions
from models.recommendation.sources import Asked, best_of_rows


@dataclass(frozen=True)
class RunningSession:
    """What is looked at next after the products of a visit."""

    model: SessionModel

    @classmethod
    def fit(cls, training_set: TrainingSet, product_ids: np.ndarray, config: RecommendationConfig) -> RunningSession | None:
        """Fitted on the shop's own visits; none where nobody looked at anything."""
        visits = shop_sessions(training_set, product_ids)
        if not len(visits):
            return None
        return cls(SessionModel.fit(visits, len(product_ids), repeats=False, seed=config.seed, most_labels=config.session_labels))

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """At most the `n` best of each session; the larger the weight of a product, the later it was looked at."""
        return best_of_rows(self.model.scores(_clicks(asked.profiles)), asked, n)

    def strongest(self, session: sparse.csr_matrix, product: int) -> int | None:
        """The product of a one-row `session` after which `product` is looked at most; none where it never was near one."""
        near = self.model.sources.transitions.near
        at, owner = gather(near.indptr, session.indices)
        leads_there = near.indices[at] == product
        said = np.zeros(len(session.indices), dtype=np.float32)
        said[owner[leads_there]] = session.data[owner[leads_there]] * near.data[at[leads_there]]
        return int(session.indices[int(np.argmax(said))]) if said.any() else None


def _clicks(profiles: sparse.csr_matrix) -> Sessions:
    rows = np.repeat(np.arange(profiles.shape[0]), np.diff(profiles.indptr))
    order = np.lexsort((profiles.data, rows))
    return Sessions(profiles.indices[order].astype(np.int32), profiles.indptr.astype(np.int64))
