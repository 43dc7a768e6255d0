"""Fitting: sources on everything known, their weights on the newest days with sources fitted on the days before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.metrics.ranking import hits, ndcg_at
from models.recommendation.candidates import HISTORY_SOURCES, Mask, blend, fit_sources, top
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.dataset import TrainingSet
from models.recommendation.features import build_histories
from models.recommendation.model import RecommendationModel
from models.recommendation.reasons import Catalogue
from models.recommendation.shelf_tables import fit_shelf_tables
from models.recommendation.trending import FloatTable
from models.splits import window_start

TRENDING_ALONE: Mapping[SourceName, float] = {name: 1.0 if name is SourceName.TRENDING else 0.0 for name in HISTORY_SOURCES}
# More customers than these would not change the choice of weights, only its time.
_JUDGES = 1000
FEWEST_JUDGES = 30


def train(training_set: TrainingSet, config: RecommendationConfig) -> RecommendationModel:
    """The model of everything before the training set's cutoff; the same rows in any order give the same model.

    Raises:
        EmptyTrainingSetError: too little to learn from.
    """
    training_set.check_enough(config)
    return fit(training_set, config, choose_weights(training_set, config))


def fit(training_set: TrainingSet, config: RecommendationConfig, weights: Mapping[SourceName, float]) -> RecommendationModel:
    """All sources fitted, blended with given weights."""
    histories = build_histories(training_set, config)
    catalogue = build_catalogue(training_set, histories.product_ids)
    listings = training_set.products.set_index("product_id").loc[histories.product_ids]
    return RecommendationModel(
        config=config,
        as_of=training_set.as_of,
        weights=weights,
        catalogue=catalogue,
        customer_ids=histories.customer_ids,
        tastes=histories.taste,
        bought=histories.bought,
        hidden=histories.hidden,
        sources=fit_sources(listings, histories, catalogue.category_of, len(catalogue.category_ids), config),
        shelves=fit_shelf_tables(training_set, histories.product_ids, config),
    )


def build_catalogue(training_set: TrainingSet, product_ids: NDArray[np.str_]) -> Catalogue:
    """Products in the order given, with the whole tree of categories; a product without one stands in a nameless one."""
    products = training_set.products.drop_duplicates("product_id").set_index("product_id").loc[product_ids]
    own = products["category_id"].fillna("").astype(str)
    tree = training_set.categories.drop_duplicates("category_id").set_index("category_id")
    category_ids = np.unique(np.concatenate([own.to_numpy(dtype=str), tree.index.to_numpy(dtype=str)]))
    known = tree.reindex(category_ids)
    parents = known["parent_category_id"].fillna("\0").to_numpy(dtype=str)
    at = np.minimum(np.searchsorted(category_ids, parents), len(category_ids) - 1)
    interactions = training_set.interactions
    week = interactions["interacted_at"] >= training_set.until - pd.Timedelta(days=7)
    return Catalogue(
        product_ids=product_ids,
        titles=products["title"].fillna("").str.strip().to_numpy(dtype=str),
        is_active=products["is_active"].to_numpy(dtype=bool),
        is_of_this_week=np.isin(product_ids, interactions.loc[week, "product_id"].to_numpy(dtype=str)),
        category_of=np.searchsorted(category_ids, own.to_numpy(dtype=str)).astype(np.int32),
        category_ids=category_ids,
        category_names=tuple(known["name"].fillna("").astype(str)),
        parents=np.where(category_ids[at] == parents, at, -1).astype(np.int32),
    )


@dataclass(frozen=True)
class Judges:
    """Customers who did something new after a cut, and what it was.

    Attributes:
        targets: customer × product; what they carted or bought that a list of theirs could have shown.
        lost: targets outside any list: products listed after the cut.
    """

    customer_ids: NDArray[np.str_]
    targets: sparse.csr_matrix
    counts: NDArray[np.int_]
    lost: int


def find_judges(model: RecommendationModel, later: pd.DataFrame) -> Judges:
    """Who carted or bought, among `later` interactions, something that the model could have shown them.

    In a shop that records neither carts nor orders after the cut, views count instead.
    """
    wanted = later[later["interaction_type"].isin(("cart", "purchase"))]
    pairs = (wanted if len(wanted) else later)[["customer_id", "product_id"]].drop_duplicates()
    product_ids = model.catalogue.product_ids
    columns = np.minimum(np.searchsorted(product_ids, pairs["product_id"].to_numpy(dtype=str)), len(product_ids) - 1)
    is_known = product_ids[columns] == pairs["product_id"].to_numpy(dtype=str)
    customer_ids, rows = np.unique(pairs["customer_id"].to_numpy(dtype=str), return_inverse=True)
    shape = (len(customer_ids), len(product_ids))
    targets = sparse.csr_matrix((np.ones(int(is_known.sum())), (rows[is_known], columns[is_known])), shape=shape)
    targets = targets - targets.multiply(model.hidden_for(model.customer_rows(customer_ids)))
    targets = sparse.csr_matrix(targets)
    targets.eliminate_zeros()
    kept = np.flatnonzero(np.diff(targets.indptr))
    return Judges(customer_ids[kept], targets[kept], np.diff(targets.indptr)[kept], int((~is_known).sum()))


def split(training_set: TrainingSet, *, days: int, min_rows: int) -> tuple[TrainingSet, pd.DataFrame]:
    """What was known before the newest window, and the interactions within it."""
    interactions = training_set.interactions
    wanted = interactions[interactions["interaction_type"].isin(("cart", "purchase"))]
    times = (wanted if len(wanted) else interactions)["interacted_at"]
    cut = window_start(times, days=days, min_rows=min_rows)
    return training_set.before(cut), interactions[interactions["interacted_at"] >= cut]


def choose_weights(training_set: TrainingSet, config: RecommendationConfig) -> Mapping[SourceName, float]:
    """Weights of the history sources by NDCG@10 on the newest days, judged by sources that saw only the days before.

    The search starts from trending alone and moves only where that is better, so on these days the blend is never
    worse than trending. With too few judges it stays there.
    """
    past, later = split(training_set, days=config.validation_days, min_rows=config.min_test_rows)
    if past.interactions["customer_id"].nunique() < config.min_customers or len(past.products) < 2:
        return TRENDING_ALONE
    model = fit(past, config, TRENDING_ALONE)
    judges = find_judges(model, later)
    if len(judges.customer_ids) < FEWEST_JUDGES:
        return TRENDING_ALONE
    sample = np.linspace(0, len(judges.customer_ids) - 1, min(_JUDGES, len(judges.customer_ids))).astype(np.intp)
    rows = model.customer_rows(judges.customer_ids[sample])
    hidden = model.hidden_for(rows)
    scores = model.sources.history_scores(model.profiles(rows), rows, hidden)
    return search_weights(scores, hidden, judges.targets[sample], judges.counts[sample], steps=config.weight_steps)


def search_weights(
    scores: Mapping[SourceName, FloatTable],
    hidden: Mask,
    targets: sparse.csr_matrix,
    counts: NDArray[np.int_],
    *,
    steps: Sequence[float],
    rounds: int = 2,
) -> Mapping[SourceName, float]:
    """One weight after the other set to its best step, from trending alone at 1; they add up to 1 in the end."""
    weights = {name: TRENDING_ALONE.get(name, 0.0) for name in scores}

    def worth(tried: Mapping[SourceName, float]) -> float:
        return float(ndcg_at(hits(top(blend(scores, tried), hidden, 10), targets), counts, 10).mean())

    best = worth(weights)
    for _ in range(rounds):
        for name in scores:
            # Trending keeps a say: for a stranger nothing else speaks.
            for step in steps if name is not SourceName.TRENDING else filter(None, steps):
                tried = {**weights, name: step}
                if step != weights[name] and (value := worth(tried)) > best:
                    best, weights = value, tried
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
