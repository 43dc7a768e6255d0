"""The platform's two stages on a table of one's own: fitted as of a cut, learned on windows before it, judged after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.own_table.interactions import MICROSECONDS_PER_DAY, Interactions, last_days
from models.own_table.measuring import Cost, measured
from models.recommendation.activity import PRODUCT_FIGURES
from models.recommendation.attributes import ATTRIBUTES
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.content import WORD_COLUMNS, fit_word_vectors
from models.recommendation.evaluate import method_lists
from models.recommendation.features import Histories, tabulate
from models.recommendation.first_stage import FirstStage
from models.recommendation.fitted_sources import HISTORY_SOURCES, fit_sources
from models.recommendation.learning import LabelWindow
from models.recommendation.ranker import Blend, Ranker
from models.recommendation.ranking import RankingFeatures
from models.recommendation.sources import Asked, rows_or_empty

# Every row of a table is something taken, on the scale of `LabelWindow.grades`.
_TAKEN = 2
# A table has fewer signs of interest per customer than a shop with its looks, so trees get more lists, and more of each.
_LEARNED_FROM, _OTHERS = 1000, 100
# EASE is fitted for each label window too, and takes eight times as long for twice the products.
_MOST_FOR_EASE = 10_000
# Customers whose candidates are held at a time.
_BATCH = 200
# Above this many products, likeness of all pairs of listings takes longer than everything else together.
MOST_LISTINGS = 50_000
METHOD_NAMES = {
    SourceName.COLLABORATIVE: "als",
    SourceName.NEIGHBOURS: "user_knn",
    SourceName.CO_VISITATION: "item_knn",
    SourceName.NEXT_DAYS: "next_days",
    SourceName.EASE: "ease",
    SourceName.CONTENT: "content",
    SourceName.OWN_HISTORY: "own_history",
    SourceName.TRENDING: "trending",
}


@dataclass(frozen=True)
class Fitted:
    """The first stage as of a cut, over the ids of `past`."""

    past: Interactions
    histories: Histories
    first_stage: FirstStage
    new_items_only: bool

    def asked(self, customers: NDArray[np.intp]) -> Asked:
        """These customers, -1 for a stranger, with their histories, and what may not be shown to them."""
        profiles = rows_or_empty(self.histories.taste, customers)
        nothing = sparse.csr_matrix(profiles.shape, dtype=np.float32)
        hidden = rows_or_empty(self.histories.bought, customers) if self.new_items_only else nothing
        return Asked(profiles, customers, hidden, np.ones(profiles.shape[1], dtype=bool))


@dataclass(frozen=True)
class Judges:
    """Customers who did something after the cut.

    Attributes:
        customers: positions in the past's ids, sorted, and -1 for each stranger after them.
        targets: judge × product; what they did, among the products of the past.
        new_customers, unknown_products: customers and rows after the cut that the past says nothing about.
    """

    customers: NDArray[np.intp]
    targets: sparse.csr_matrix
    new_customers: int
    unknown_products: int

    @property
    def counts(self) -> NDArray[np.int_]:
        """How many targets each judge has."""
        return np.asarray(np.diff(self.targets.indptr))

    def drawn(self, most: int, seed: int) -> Judges:
        """At most so many of them, drawn at random."""
        if len(self.customers) <= most:
            return self
        kept = np.sort(np.random.default_rng(seed).permutation(len(self.customers))[:most])
        return Judges(self.customers[kept], self.targets[kept], self.new_customers, self.unknown_products)

    def beside(self, strangers: Judges) -> Judges:
        """These and strangers after them."""
        targets = sparse.csr_matrix(sparse.vstack([self.targets, strangers.targets]))
        return replace(self, customers=np.concatenate([self.customers, strangers.customers]), targets=targets)


def table_config(seed: int) -> RecommendationConfig:
    """The platform's own numbers, with more lists to learn from, and EASE for fewer products: people wait for the answer."""
    return RecommendationConfig(
        seed=seed, ranker_customers=_LEARNED_FROM, ranker_negatives=_OTHERS, ease_most_products=_MOST_FOR_EASE
    )


def fit(
    past: Interactions,
    listings: pd.Series | None,
    config: RecommendationConfig,
    *,
    new_items_only: bool,
    costs: dict[str, Cost] | None = None,
) -> Fitted:
    """All sources of the platform that the table gives something to, each one's cost put into `costs`."""
    kept = {} if costs is None else costs

    @contextmanager
    def watch(name: object) -> Iterator[None]:
        with measured() as cost:
            yield
        kept[str(name)] = cost

    with watch("tables"):
        histories = tabulate(
            past.customers,
            past.products,
            past.weights,
            (past.instants[-1] - past.instants) / MICROSECONDS_PER_DAY,
            np.ones(len(past), dtype=bool),
            customer_ids=past.customer_ids,
            product_ids=past.product_ids,
            config=config,
        )
    count = len(past.product_ids)
    has_text = listings is not None and count <= MOST_LISTINGS
    products = pd.DataFrame("", index=range(count), columns=[*WORD_COLUMNS, *ATTRIBUTES])
    if listings is not None and has_text:
        products["title"] = listings.reindex(past.product_ids).fillna("").to_numpy()
    sources = fit_sources(products, histories, np.zeros(count, dtype=np.int32), 1, config, watch=watch)
    silent = {SourceName.CATEGORY_TRENDING} | (set() if has_text else {SourceName.CONTENT})
    silent |= {SourceName.EASE} if count > config.ease_most_products else set()
    names = tuple(name for name in HISTORY_SOURCES if name not in silent)
    names = names if new_items_only else (*names, SourceName.OWN_HISTORY)
    # A table does not say when a product was listed; its first row is the first that anybody knows of it.
    since = histories.activity.products[:, PRODUCT_FIGURES.index("product_age_days")]
    reads = RankingFeatures(histories.activity, histories.own_past, fit_word_vectors(products, config), listed_days=since)
    return Fitted(past, histories, FirstStage(sources, reads, names, config.candidates_per_source), new_items_only)


def label_windows(
    past: Interactions, listings: pd.Series | None, test_days: int, config: RecommendationConfig, *, new_items_only: bool
) -> Iterator[LabelWindow]:
    """Windows as long as the test, one before the other, newest first, each with sources fitted on what lay before it.

    A window takes a third of what lies before its end at most, so that something is left to learn from.
    """
    end = int(past.instants[-1]) + 1
    for _ in range(config.ranker_windows):
        known = past.between(None, end)
        if not len(known):
            return
        span = (int(known.instants[-1]) - int(known.instants[0])) / MICROSECONDS_PER_DAY
        end = last_days(known, max(min(test_days, int(span / 3)), 1))
        earlier, later = known.between(None, end), known.between(end, None)
        if not len(earlier) or np.ptp(earlier.products) == 0 or np.ptp(earlier.customers) == 0:
            return
        # Nothing of a window is held here while the next is made.
        yield from _label_window(earlier.compact(), later, listings, config, new_items_only=new_items_only)


def _label_window(
    earlier: Interactions, later: Interactions, listings: pd.Series | None, config: RecommendationConfig, *, new_items_only: bool
) -> Iterator[LabelWindow]:
    """The window of `later`; none where nobody can be judged by it."""
    judges = find_judges(earlier, later, new_items_only=new_items_only).drawn(config.ranker_customers, config.seed)
    if len(judges.customers):
        fitted = fit(earlier, listings, config, new_items_only=new_items_only)
        yield LabelWindow(fitted.first_stage, fitted.asked(judges.customers), judges.targets * _TAKEN)


def find_judges(past: Interactions, later: Interactions, *, new_items_only: bool) -> Judges:
    """Who did something after the cut that a list made before it could have held."""
    customers, products = later.positions_in(past)
    is_known = (customers >= 0) & (products >= 0)
    pairs = customers[is_known] * np.int64(len(past.product_ids)) + products[is_known]
    if new_items_only:
        pairs = pairs[~np.isin(pairs, past.customers * np.int64(len(past.product_ids)) + past.products)]
    rows, columns = np.divmod(np.unique(pairs), len(past.product_ids))
    judges, at = np.unique(rows, return_inverse=True)
    targets = sparse.csr_matrix((np.ones(len(rows)), (at, columns)), shape=(len(judges), len(past.product_ids)))
    new = len(np.unique(later.customers[customers < 0]))
    return Judges(judges.astype(np.intp), targets, new, int(((customers >= 0) & (products < 0)).sum()))


def find_strangers(past: Interactions, later: Interactions) -> Judges:
    """Who did something after the cut and nothing before it, with what they did among the products of the past."""
    customers, products = later.positions_in(past)
    is_theirs = (customers < 0) & (products >= 0)
    ids, rows = np.unique(later.customers[is_theirs], return_inverse=True)
    shape = (len(ids), len(past.product_ids))
    targets = sparse.csr_matrix((np.ones(len(rows)), (rows, products[is_theirs])), shape=shape).sign()
    return Judges(np.full(len(ids), -1, dtype=np.intp), sparse.csr_matrix(targets), len(ids), 0)


def rank(fitted: Fitted, ranker: Ranker, blend: Blend, judges: Judges) -> dict[str, NDArray[np.intp]]:
    """Each method's first 20 products for every judge, as positions in the past's products."""
    popularity = np.bincount(fitted.past.products, minlength=len(fitted.past.product_ids)).astype(np.float32)
    alone = {METHOD_NAMES[name]: name for name in fitted.first_stage.names}
    parts = [
        method_lists(fitted.first_stage, fitted.asked(judges.customers[start : start + _BATCH]), ranker, blend, popularity, alone)
        for start in range(0, len(judges.customers), _BATCH)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
