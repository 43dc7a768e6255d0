"""Fitting: sources on everything known, their order learned on the newest days with sources fitted on the days before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.content import fit_word_vectors
from models.recommendation.dataset import TrainingSet
from models.recommendation.features import SECONDS_PER_DAY, build_histories
from models.recommendation.first_stage import FirstStage
from models.recommendation.fitted_sources import HISTORY_SOURCES, fit_sources
from models.recommendation.learning import TRENDING_ALONE, LabelWindow, learn_ranker
from models.recommendation.model import RecommendationModel
from models.recommendation.ranker import Blend, Ranker
from models.recommendation.ranking import RankingFeatures
from models.recommendation.reasons import Catalogue
from models.recommendation.session_source import RunningSession
from models.recommendation.shelf_tables import fit_shelf_tables
from models.splits import window_start


def train(training_set: TrainingSet, config: RecommendationConfig) -> RecommendationModel:
    """The model of everything before the training set's cutoff; the same rows in any order give the same model.

    Raises:
        EmptyTrainingSetError: too little to learn from.
    """
    training_set.check_enough(config)
    ranker, blend = learn_ranker(label_windows(training_set, config), config)
    model = fit(training_set, config, ranker, blend)
    running_session = RunningSession.fit(training_set, model.catalogue.product_ids, config)
    return replace(model, running_session=running_session)


def fit(training_set: TrainingSet, config: RecommendationConfig, ranker: Ranker, blend: Blend) -> RecommendationModel:
    """All sources of histories fitted on everything known, ordered by a ranker that was learned before."""
    histories = build_histories(training_set, config)
    catalogue = build_catalogue(training_set, histories.product_ids)
    listings = training_set.products.drop_duplicates("product_id").set_index("product_id").loc[histories.product_ids]
    sources = fit_sources(listings, histories, catalogue.category_of, len(catalogue.category_ids), config)
    names = tuple(name for name in HISTORY_SOURCES if name is not SourceName.EASE or len(listings) <= config.ease_most_products)
    words = fit_word_vectors(listings, config)
    listed_days = (training_set.as_of - pd.to_datetime(listings["listed_at"], utc=True)).dt.total_seconds() / SECONDS_PER_DAY
    reads = RankingFeatures(
        activity=histories.activity,
        own_past=histories.own_past,
        words=words,
        attributes=histories.attributes,
        attribute_days=histories.attribute_days,
        shopper_kinds=histories.shopper_kinds,
        listed_days=listed_days.to_numpy(dtype=np.float32),
    )
    return RecommendationModel(
        config=config,
        as_of=training_set.as_of,
        ranker=ranker,
        blend=blend,
        catalogue=catalogue,
        customer_ids=histories.customer_ids,
        tastes=histories.taste,
        bought=histories.bought,
        hidden=histories.hidden,
        first_stage=FirstStage(sources, reads, names, config.candidates_per_source),
        shelves=fit_shelf_tables(training_set, histories.product_ids, config),
    )


def label_windows(training_set: TrainingSet, config: RecommendationConfig) -> Iterator[LabelWindow]:
    """Windows of `validation_days`, one before the other, newest first, with sources fitted on what lay before each."""
    known = training_set
    alone = Blend(TRENDING_ALONE)
    for _ in range(config.ranker_windows):
        past, later = split(known, days=config.validation_days, min_rows=config.min_test_rows)
        if past.interactions["customer_id"].nunique() < config.min_customers or len(past.products) < 2:
            return
        model = fit(past, config, alone, alone)
        judges = find_judges(model, later)
        grades = grades_of(model, later, judges)
        # Strangers teach nothing: they get what trends.
        active = np.flatnonzero(np.diff(grades.indptr))
        takers = np.flatnonzero(np.diff((grades > 1).tocsr().indptr))
        if not len(takers):
            return
        drawn = np.union1d(_spread(takers, config.ranker_customers), _spread(active, config.ranker_customers))
        yield LabelWindow(model.first_stage, model.asked(drawn), grades[drawn])
        known = past


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


def grades_of(model: RecommendationModel, later: pd.DataFrame, judges: Judges) -> sparse.csr_matrix:
    """Known customer × product: 2 what they took of `later`, 1 what they only looked at, of what a list could have shown."""
    product_ids = model.catalogue.product_ids
    rows = model.customer_rows(later["customer_id"])
    at = np.minimum(np.searchsorted(product_ids, later["product_id"].to_numpy(dtype=str)), len(product_ids) - 1)
    is_known = (rows >= 0) & (product_ids[at] == later["product_id"].to_numpy(dtype=str))
    shape = (len(model.customer_ids), len(product_ids))
    looks = sparse.csr_matrix((np.ones(int(is_known.sum())), (rows[is_known], at[is_known])), shape=shape).sign()
    takers = model.customer_rows(judges.customer_ids)
    owners = np.flatnonzero(takers >= 0)
    targets = sparse.coo_matrix(judges.targets[owners])
    taken = sparse.csr_matrix((targets.data, (takers[owners][targets.row], targets.col)), shape=shape).sign()
    shown = sparse.csr_matrix(looks - looks.multiply(model.hidden)).multiply(model.catalogue.is_active[None, :])
    grades = sparse.csr_matrix(shown.maximum(2 * taken), dtype=np.float32)
    grades.eliminate_zeros()
    return grades


def _spread(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most so many of the rows, evenly over all."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.intp)]


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

    def part(self, rows: NDArray[np.intp]) -> Judges:
        """Some of them."""
        return Judges(self.customer_ids[rows], self.targets[rows], self.counts[rows], self.lost)


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
    asked = model.asked(model.customer_rows(customer_ids))
    targets = sparse.csr_matrix(targets - targets.multiply(asked.hidden)).multiply(asked.offered[None, :]).tocsr()
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
