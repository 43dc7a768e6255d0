"""Judgement on days that no method saw: our two stages beside a blend, popularity, trending and each source alone."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.evaluation import Evaluation, MethodResult, Metric
from models.metrics.bootstrap import paired_bootstrap
from models.metrics.ranking import hits, ndcg_at
from models.recommendation.candidates import first_places, merged
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.dataset import TrainingSet
from models.recommendation.figures import (
    DEPTH,
    GAIN,
    PRIMARY_METRIC,
    SERVED,
    UNTOUCHED,
    KnownOf,
    Lists,
    Part,
    over_all,
    over_part,
    parts_of,
)
from models.recommendation.first_stage import FirstStage
from models.recommendation.learning import FEWEST_JUDGES
from models.recommendation.model import RecommendationModel
from models.recommendation.ranker import Blend, Ranker
from models.recommendation.sessions import session_slice
from models.recommendation.sources import Asked, FloatTable, rows_or_empty
from models.recommendation.train import Judges, find_judges, fit, split, train
from models.recommendation.trending import Trending

BASELINE = "trending"
WITH_PAST = "people with a past"
# Baselines and sources alone stand beside ours; what a source leaves open, trending fills.
_ALONE = {
    "trending": SourceName.TRENDING,
    "category_trending": SourceName.CATEGORY_TRENDING,
    "als": SourceName.COLLABORATIVE,
    "user_knn": SourceName.NEIGHBOURS,
    "item_knn_bm25": SourceName.CO_VISITATION,
    "next_days": SourceName.NEXT_DAYS,
    "ease": SourceName.EASE,
    "content_tfidf": SourceName.CONTENT,
}
_FILL = np.float32(1e-4)
# Lists of so many customers are made at a time, which bounds memory.
_BATCH = 500


def evaluate(training_set: TrainingSet, config: RecommendationConfig) -> Evaluation:
    """The table of methods on the newest `test_days`, everything fitted and every weight chosen before them.

    A customer is judged by what they carted or bought in the window and had neither bought before nor seen within
    `seen_days` of its start: new items only, the whole catalogue ranked. New customers count too.

    Raises:
        EmptyTrainingSetError: too little lies before the window.
    """
    past, later = split(training_set, days=config.test_days, min_rows=config.min_test_rows)
    model = train(past, config)
    judges = find_judges(model, later)
    cut = past.until
    notes = [
        f"test window {cut:%Y-%m-%d %H:%M} to {training_set.as_of:%Y-%m-%d %H:%M} UTC, {len(judges.customer_ids)} customers, "
        f"{int(judges.counts.sum())} targets: carts and purchases of products new to them",
        f"{judges.lost} carts and purchases of products listed within the window are left out but in '{UNTOUCHED}', which is "
        "judged as if their listings had been known at its start",
        f"second stage: {model.ranker_words}",
        "blend: " + ", ".join(f"{name} {weight:.2f}" for name, weight in model.blend.weights.items() if weight),
    ]
    if not len(judges.customer_ids):
        return Evaluation(
            "recommendation", PRIMARY_METRIC, (), row_count=len(past.interactions), notes=(*notes, "nobody to judge by")
        )

    lists = rank_all(model, judges, past.interactions["product_id"])
    takers = model.tastes.sign().tocsr()
    figures, gains = over_all(lists, judges.targets, takers, seed=config.seed)
    difference = None
    if len(judges.customer_ids) < FEWEST_JUDGES:
        notes.append(f"fewer than {FEWEST_JUDGES} customers to judge by: no judgement")
    else:
        difference = gains[BASELINE]
    if difference is not None and (difference.low is None or difference.low <= 0):
        notes.append("the interval of ours minus trending holds zero: on these data ours ties with trending at best")
    return Evaluation(
        task="recommendation",
        primary_metric=PRIMARY_METRIC,
        methods=tuple(MethodResult(name, figures[name], is_served=name == SERVED) for name in lists),
        baseline=BASELINE,
        difference=difference,
        row_count=len(past.interactions),
        slices=_slices(model, judges, past, lists, takers, config.seed)
        | _untouched(model, past, training_set, later)
        | _named("running_sessions", session_slice(model, later, seed=config.seed)),
        notes=tuple(notes),
    )


def compare(challenger: RecommendationModel, champion: RecommendationModel, training_set: TrainingSet) -> Metric:
    """Challenger minus champion in NDCG@10 over the customers of the newest window, paired.

    A model that was fitted on days of the window would be judged by what it has seen. Such a one is trained again, by
    its own configuration, on the days before only: the figure then compares two recipes, and equal recipes tie. One
    that is older than the window is measured as it stands, staleness included.
    """
    config = challenger.config
    past, later = split(training_set, days=config.test_days, min_rows=config.min_test_rows)
    retrained: dict[RecommendationConfig, RecommendationModel] = {}
    judged = []
    for model in (challenger, champion):
        if model.as_of >= past.until:
            if model.config not in retrained:
                retrained[model.config] = train(past, model.config)
            model = retrained[model.config]
        judged.append(model)
    judges = find_judges(judged[0], later)
    lists = []
    for model in judged:
        ranked = rank_all(model, judges, past.interactions["product_id"])[SERVED]
        # Two models may know different products: positions are those of the judges' catalogue.
        lists.append(_repositioned(ranked, model, judged[0]))
    values = [ndcg_at(hits(ranked, judges.targets), judges.counts, 10) for ranked in lists]
    return paired_bootstrap(values[0], values[1], seed=config.seed)


def rank_all(model: RecommendationModel, judges: Judges, interacted: pd.Series) -> dict[str, NDArray[np.intp]]:
    """Each method's first places for every judge; popularity counts the product ids in `interacted`."""
    popularity = interacted.value_counts().reindex(model.catalogue.product_ids, fill_value=0).to_numpy(dtype=np.float32)
    parts = [
        method_lists(
            model.first_stage, model.asked(model.customer_rows(ids)), model.ranker, model.blend, popularity, _alone(model)
        )
        for ids in _batches(judges.customer_ids)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _alone(model: RecommendationModel) -> dict[str, SourceName]:
    return {name: source for name, source in _ALONE.items() if source in model.first_stage.names}


def _batches(customer_ids: NDArray[np.str_]) -> list[NDArray[np.str_]]:
    return [customer_ids[start : start + _BATCH] for start in range(0, len(customer_ids), _BATCH)]


def method_lists(
    first_stage: FirstStage,
    asked: Asked,
    ranker: Ranker,
    blend: Blend,
    popularity: FloatTable,
    alone: Mapping[str, SourceName],
) -> dict[str, NDArray[np.intp]]:
    """The first places for each asked row: by two stages, by the blend, by popularity, and by each source of `alone`."""
    candidates = first_stage.propose(asked)

    def listed(scores: FloatTable) -> NDArray[np.intp]:
        return first_places(candidates.rows, candidates.products, scores, len(asked), DEPTH)

    popular = merged({SourceName.TRENDING: Trending(popularity).candidates(asked, DEPTH)})
    filler = _FILL * np.nan_to_num(candidates.scores[SourceName.TRENDING])
    lists = {
        SERVED: listed(first_stage.order(ranker, asked, candidates)),
        "blend": listed(first_stage.order(blend, asked, candidates)),
        "popularity": first_places(popular.rows, popular.products, popular.scores[SourceName.TRENDING], len(asked), DEPTH),
    }
    return lists | {name: listed(np.nan_to_num(candidates.scores[source]) + filler) for name, source in alone.items()}


def _repositioned(ranked: NDArray[np.intp], model: RecommendationModel, onto: RecommendationModel) -> NDArray[np.intp]:
    ids, known = model.catalogue.product_ids, onto.catalogue.product_ids
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    mapped = np.append(np.where(known[at] == ids, at, -1), -1)
    return np.asarray(mapped[ranked], dtype=np.intp)


def _slices(
    model: RecommendationModel, judges: Judges, past: TrainingSet, lists: Lists, takers: sparse.csr_matrix, seed: int
) -> dict[str, dict[str, Metric]]:
    """Figures over some of the targets, those of people with a past first."""
    rows = model.customer_rows(judges.customer_ids)
    known = KnownOf(
        takers,
        _row_counts(past.interactions["product_id"], model.catalogue.product_ids),
        _row_counts(past.interactions["customer_id"], judges.customer_ids),
        rows_or_empty(takers, rows),
    )
    with_past = {WITH_PAST: Part.of(judges.targets.multiply((rows >= 0)[:, None]))}
    parts = with_past | parts_of(judges.targets, known)
    return {name: _slice(part, lists, seed=seed) for name, part in parts.items() if len(part.rows)}


def _untouched(
    model: RecommendationModel, past: TrainingSet, training_set: TrainingSet, later: pd.DataFrame
) -> dict[str, dict[str, Metric]]:
    """The slice of products that nobody had touched before the window: the model knows their listings and nothing else.

    Those listed within the window are among them, since a shop lists every day: their listings join the catalogue, while the
    order was learned and everything else was counted before the cut.
    """
    with_listings = fit(past.with_listings_of(training_set), model.config, model.ranker, model.blend)
    judges = find_judges(with_listings, later)
    is_untouched = _row_counts(past.interactions["product_id"], with_listings.catalogue.product_ids) == 0
    part = Part.of(judges.targets.multiply(is_untouched[None, :]))
    if not len(part.rows):
        return {}
    takers = judges.part(part.rows)
    lists = rank_all(with_listings, takers, past.interactions["product_id"])
    part = Part(np.arange(len(part.rows)), part.targets)
    return {UNTOUCHED: _slice(part, lists, seed=model.config.seed)}


def _slice(part: Part, lists: Lists, *, seed: int) -> dict[str, Metric]:
    """What the served list finds of a part, the baseline's primary figure, and what ours has more."""
    figures = over_part(part, lists, seed=seed)
    return {
        "customers": Metric(float(len(part.rows))),
        **figures[SERVED],
        f"{BASELINE}_{PRIMARY_METRIC}": figures[BASELINE][PRIMARY_METRIC],
        "difference": figures[BASELINE][GAIN],
    }


def _row_counts(ids: pd.Series, wanted: NDArray[np.str_]) -> NDArray[np.intp]:
    return np.asarray(ids.value_counts().reindex(wanted, fill_value=0), dtype=np.intp)


def _named(name: str, metrics: dict[str, Metric]) -> dict[str, dict[str, Metric]]:
    return {name: metrics} if metrics else {}
