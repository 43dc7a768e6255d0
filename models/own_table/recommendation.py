"""`marketplace evaluate recommendation`: what people take next, ours beside plain baselines."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.metrics.ranking import coverage_at, hit_rate_at, hits, ndcg_at, personalisation_at, recall_at
from models.own_table.interactions import MICROSECONDS_PER_DAY, Interactions, last_days, shown
from models.own_table.judging import judged, spread
from models.own_table.measuring import Cost, measured
from models.own_table.report import MeasuredMethod, Report, described, gained
from models.recommendation.candidates import HISTORY_SOURCES, fit_sources
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.content import ATTRIBUTE_COLUMNS, WORD_COLUMNS, fit_word_vectors
from models.recommendation.evaluate import DEPTH, PRIMARY_METRIC, SERVED, method_lists
from models.recommendation.features import Histories, tabulate
from models.recommendation.first_stage import FirstStage
from models.recommendation.learning import LabelWindow, learn_ranker
from models.recommendation.ranker import Blend, Ranker
from models.recommendation.ranking import RankingFeatures
from models.recommendation.sources import Asked
from models.tables import Column, Kind, Table, read_table

# Every row of a table is something taken, on the scale of `LabelWindow.grades`.
_TAKEN = 2
# A table has fewer signs of interest per customer than a shop with its looks, so trees get more lists, and more of each.
_LEARNED_FROM, _OTHERS = 1000, 100
# EASE is fitted for each label window too, and takes eight times as long for twice the products.
_MOST_FOR_EASE = 10_000
# Customers whose candidates are held at a time.
_BATCH = 200
# Above this many products, likeness of all pairs of listings takes longer than everything else together.
_MOST_LISTINGS = 50_000
_NAMES = {
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
class InteractionColumns:
    """What the file calls its columns; the last two may be absent."""

    customer: str
    product: str
    time: str
    weight: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Fitted:
    """The first stage as of a cut, over the ids of `past`."""

    past: Interactions
    histories: Histories
    first_stage: FirstStage
    new_items_only: bool

    def asked(self, customers: NDArray[np.intp]) -> Asked:
        """These customers with their histories, and what may not be shown to them."""
        profiles = self.histories.taste[customers]
        hidden = self.histories.bought[customers] if self.new_items_only else sparse.csr_matrix(profiles.shape, dtype=np.float32)
        return Asked(profiles, customers, hidden, np.ones(profiles.shape[1], dtype=bool))


@dataclass(frozen=True)
class Judges:
    """Customers of the past who did something after the cut.

    Attributes:
        customers: positions in the past's ids, sorted.
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

    def drawn(self, most: int, seed: int) -> "Judges":
        """At most so many of them, drawn at random."""
        if len(self.customers) <= most:
            return self
        kept = np.sort(np.random.default_rng(seed).permutation(len(self.customers))[:most])
        return Judges(self.customers[kept], self.targets[kept], self.new_customers, self.unknown_products)


def evaluate_recommendation(
    files: Sequence[Path],
    columns: InteractionColumns,
    *,
    test_days: int,
    new_items_only: bool = False,
    min_interactions: int = 1,
    most_customers: int = 10_000,
    seed: int = 7,
    report: Callable[[str], None] = lambda line: None,
) -> Report:
    """The table of methods on the last `test_days` calendar days (UTC), everything fitted, learned and chosen on the days before.

    The whole catalogue is ranked. Who is judged: customers with a row before the cut and a target after it.

    Args:
        new_items_only: what a customer had before the cut is neither a target nor on their list; otherwise both may be.
        min_interactions: customers and products with fewer rows before the cut are left out.
        most_customers: of more customers to judge by so many are drawn.

    Raises:
        InvalidInputError, MissingColumnsError: the files cannot be used.
        EmptyTrainingSetError: too little is left on one side of the cut.
    """
    if test_days < 1:
        raise InvalidInputError(f"--test-days is at least 1, {test_days} came")
    report("reading")
    table = read_table(files, asked_columns(columns))
    listings = listings_of(table)
    interactions = Interactions.of(table)
    cut = last_days(interactions, test_days)
    past, later = interactions.between(None, cut), interactions.between(cut, None)
    past = past.frequent(min_interactions).compact()
    facts = f"rows from {shown(int(interactions.instants[0]))} to {shown(int(interactions.instants[-1]))}, cut at {shown(cut)}"
    if not len(past):
        raise EmptyTrainingSetError(f"nothing is left to learn from before the cut ({facts}); use fewer --test-days")
    if len(past.product_ids) < 2 or len(past.customer_ids) < 2:
        raise EmptyTrainingSetError(
            f"{len(past.customer_ids)} customers and {len(past.product_ids)} products before the cut, two of each "
            f"are needed ({facts})"
        )
    everyone = find_judges(past, later, new_items_only=new_items_only)
    if not len(everyone.customers):
        raise EmptyTrainingSetError(
            f"nobody to judge by: of the {len(later):,} rows after the cut none is of a customer and "
            f"{'a product new to them' if new_items_only else 'a product'} that the rows before it know ({facts})"
        )
    judges = everyone.drawn(most_customers, seed)
    report(f"{len(past):,} rows before the cut, {len(judges.customers):,} customers to judge by")

    config = table_config(seed)
    costs: dict[str, Cost] = defaultdict(Cost)
    with measured() as costs["learning"]:
        windows = label_windows(past, listings, test_days, config, new_items_only=new_items_only)
        ranker, blend = learn_ranker(windows, config, report=report)
    report("blend: " + ", ".join(f"{name} {weight:.2f}" for name, weight in blend.weights.items() if weight))
    fitted = fit(past, listings, config, new_items_only=new_items_only, costs=costs)
    report("trained; ranking")
    lists = rank(fitted, ranker, blend, judges)
    return _report(table, facts, fitted, everyone, judges, lists, costs, blend, seed=seed)


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
    has_text = listings is not None and count <= _MOST_LISTINGS
    products = pd.DataFrame("", index=range(count), columns=[*WORD_COLUMNS, *ATTRIBUTE_COLUMNS])
    if listings is not None and has_text:
        products["title"] = listings.reindex(past.product_ids).fillna("").to_numpy()
    sources = fit_sources(products, histories, np.zeros(count, dtype=np.int32), 1, config, watch=watch)
    silent = {SourceName.CATEGORY_TRENDING} | (set() if has_text else {SourceName.CONTENT})
    silent |= {SourceName.EASE} if count > config.ease_most_products else set()
    names = tuple(name for name in HISTORY_SOURCES if name not in silent)
    names = names if new_items_only else (*names, SourceName.OWN_HISTORY)
    reads = RankingFeatures(histories.activity, histories.own_past, fit_word_vectors(products, config))
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
        cut = last_days(known, max(min(test_days, int(span / 3)), 1))
        earlier, later = known.between(None, cut).compact(), known.between(cut, None)
        if len(earlier.product_ids) < 2 or len(earlier.customer_ids) < 2:
            return
        judges = find_judges(earlier, later, new_items_only=new_items_only).drawn(config.ranker_customers, config.seed)
        if len(judges.customers):
            fitted = fit(earlier, listings, config, new_items_only=new_items_only)
            yield LabelWindow(fitted.first_stage, fitted.asked(judges.customers), judges.targets * _TAKEN)
        end = cut


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


def rank(fitted: Fitted, ranker: Ranker, blend: Blend, judges: Judges) -> dict[str, NDArray[np.intp]]:
    """Each method's first 20 products for every judge, as positions in the past's products."""
    popularity = np.bincount(fitted.past.products, minlength=len(fitted.past.product_ids)).astype(np.float32)
    alone = {_NAMES[name]: name for name in fitted.first_stage.names}
    parts = [
        method_lists(fitted.first_stage, fitted.asked(judges.customers[start : start + _BATCH]), ranker, blend, popularity, alone)
        for start in range(0, len(judges.customers), _BATCH)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _report(
    table: Table,
    facts: str,
    fitted: Fitted,
    everyone: Judges,
    judges: Judges,
    lists: Mapping[str, NDArray[np.intp]],
    costs: Mapping[str, Cost],
    blend: Blend,
    *,
    seed: int,
) -> Report:
    counts, past = judges.counts, fitted.past
    found = {name: hits(ranked, judges.targets) for name, ranked in lists.items()}
    figures, gains = judged(
        {
            name: {
                "ndcg_at_10": ndcg_at(hit, counts, 10),
                "recall_at_10": recall_at(hit, counts, 10),
                "recall_at_20": recall_at(hit, counts, DEPTH),
                "hit_rate_at_10": hit_rate_at(hit, 10),
            }
            for name, hit in found.items()
        },
        served=SERVED,
        primary=PRIMARY_METRIC,
        seed=seed,
    )
    for name, ranked in lists.items():
        figures[name] |= {
            "coverage_at_10": spread(ranked, lambda part: coverage_at(part, len(past.product_ids), 10), seed=seed),
            "personalisation": spread(ranked, lambda part: personalisation_at(part, 10), seed=seed),
        }
    # Counting and trending take nothing beyond the tables that all share.
    of_method = {_NAMES[name]: costs[name] for name in fitted.first_stage.names if name in costs}
    whole = sum(costs.values(), Cost())
    of_method |= {SERVED: whole, "blend": whole, "popularity": costs["tables"], "own_history": costs["tables"]}
    data = {
        **described(table),
        "train_rows": len(past),
        "train_customers": len(past.customer_ids),
        "train_products": len(past.product_ids),
        "test_customers": len(judges.customers),
        "test_customers_not_drawn": len(everyone.customers) - len(judges.customers),
        "test_customers_without_history": judges.new_customers,
        "test_targets": int(counts.sum()),
        "test_rows_of_unknown_products": judges.unknown_products,
        "time": facts,
        "new_items_only": fitted.new_items_only,
        "blend": {str(name): round(weight, 4) for name, weight in blend.weights.items() if weight},
        **gained(SERVED, PRIMARY_METRIC, gains),
    }
    return Report(
        "recommendation",
        data,
        tuple(
            MeasuredMethod(name, figures[name], name == SERVED, of_method[name].cpu_s, of_method[name].peak_mb) for name in lists
        ),
        notes=(
            "every product with a row before the cut is ranked for every customer; none is sampled",
            "what a customer had before is neither shown nor counted"
            if fitted.new_items_only
            else "what a customer had before may be shown and counts; own_history shows nothing else",
            "the cost of two_stage and blend is that of all sources, fitted for each label window too, and of learning",
            *(
                ()
                if SourceName.CONTENT in fitted.first_stage.names or "text" not in table.frame.columns
                else (f"no content model: above {_MOST_LISTINGS:,} products, comparing all pairs takes too long",)
            ),
        ),
    )


def asked_columns(columns: InteractionColumns) -> list[Column]:
    asked = [
        Column("customer", columns.customer, Kind.ID),
        Column("product", columns.product, Kind.ID),
        Column("time", columns.time, Kind.TIME),
    ]
    if columns.weight:
        asked.append(Column("weight", columns.weight, Kind.NUMBER, above=0))
    if columns.text:
        asked.append(Column("text", columns.text, Kind.ID, is_optional=True))
    return asked


def listings_of(table: Table) -> pd.Series | None:
    """The most frequent text of each product, the first in the alphabet on a tie; None without a column of texts."""
    if "text" not in table.frame.columns:
        return None
    counted = table.frame.group_by("product", "text").len().drop_nulls()
    texts = counted.with_columns(pl.col("product", "text").cast(pl.String)).sort(
        "product", "len", "text", descending=[False, True, False]
    )
    first = texts.unique("product", keep="first", maintain_order=True)
    return pd.Series(first["text"].to_list(), index=first["product"].to_list(), dtype=object)
