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
from models.recommendation.candidates import HISTORY_SOURCES, Mask, Sources, fit_sources, scaled
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.content import ATTRIBUTE_COLUMNS, WORD_COLUMNS
from models.recommendation.evaluate import DEPTH, PRIMARY_METRIC, SERVED, method_lists
from models.recommendation.features import Histories, tabulate
from models.recommendation.train import FEWEST_JUDGES, TRENDING_ALONE, search_weights
from models.recommendation.trending import FloatTable
from models.tables import Column, Kind, Table, read_table

# Scores of customers × products (or × customers, for neighbours) that are held at a time: 40 MB for each source.
_CELLS = 10_000_000
_MOST_JUDGES = 1000
# Above this many products, likeness of all pairs of listings takes longer than everything else together.
_MOST_LISTINGS = 50_000
_NAMES = {
    SourceName.COLLABORATIVE: "als",
    SourceName.NEIGHBOURS: "user_knn",
    SourceName.CO_VISITATION: "item_knn",
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
    """The sources as of a cut, over the ids of `past`."""

    past: Interactions
    histories: Histories
    sources: Sources
    names: tuple[SourceName, ...]
    new_items_only: bool

    def scores(self, customers: NDArray[np.intp]) -> tuple[dict[SourceName, FloatTable], Mask]:
        """What each source says to each customer, and what may not be shown to them."""
        profiles = self.histories.taste[customers]
        hidden = np.zeros(profiles.shape, dtype=bool)
        if self.new_items_only:
            hidden = np.asarray(self.histories.bought[customers].toarray() > 0)
        learned = [name for name in self.names if name is not SourceName.OWN_HISTORY]
        scores = self.sources.history_scores(profiles, customers, hidden, names=learned)
        if SourceName.OWN_HISTORY in self.names:
            scores[SourceName.OWN_HISTORY] = scaled(profiles.toarray(), hidden)
        return scores, hidden


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
    """The table of methods on the last `test_days` calendar days (UTC), everything fitted and chosen on the days before.

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
    table = read_table(files, _asked(columns))
    listings = _listings(table)
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

    config = RecommendationConfig(seed=seed)
    costs: dict[str, Cost] = defaultdict(Cost)
    with measured() as costs["choosing"]:
        weights = choose_weights(past, listings, test_days, config, new_items_only=new_items_only)
    report("weights: " + ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items() if weight))
    fitted = fit(past, listings, config, new_items_only=new_items_only, costs=costs)
    report("trained; ranking")
    lists = rank(fitted, weights, judges)
    return _report(table, facts, fitted, everyone, judges, lists, costs, weights, seed=seed)


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
    names = tuple(name for name in HISTORY_SOURCES if name not in silent)
    return Fitted(past, histories, sources, names if new_items_only else (*names, SourceName.OWN_HISTORY), new_items_only)


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


def choose_weights(
    past: Interactions, listings: pd.Series | None, test_days: int, config: RecommendationConfig, *, new_items_only: bool
) -> Mapping[SourceName, float]:
    """The weights of the sources that are best on the last days before the cut, with sources fitted before those.

    The window is as long as the test, a third of the past at most; with too few customers in it trending stands alone.
    """
    span = (int(past.instants[-1]) - int(past.instants[0])) / MICROSECONDS_PER_DAY
    cut = last_days(past, max(min(test_days, int(span / 3)), 1))
    earlier = past.between(None, cut).compact()
    if len(earlier.product_ids) < 2 or len(earlier.customer_ids) < 2:
        return TRENDING_ALONE
    judges = find_judges(earlier, past.between(cut, None), new_items_only=new_items_only)
    judges = judges.drawn(max(min(_MOST_JUDGES, _CELLS // len(earlier.product_ids)), FEWEST_JUDGES), config.seed)
    if len(judges.customers) < FEWEST_JUDGES:
        return TRENDING_ALONE
    fitted = fit(earlier, listings, config, new_items_only=new_items_only)
    scores, hidden = _stacked([fitted.scores(judges.customers[part]) for part in _batches(fitted, judges)])
    return search_weights(scores, hidden, judges.targets, judges.counts, steps=config.weight_steps)


def rank(fitted: Fitted, weights: Mapping[SourceName, float], judges: Judges) -> dict[str, NDArray[np.intp]]:
    """Each method's first 20 products for every judge, as positions in the past's products."""
    popularity = np.bincount(fitted.past.products, minlength=len(fitted.past.product_ids)).astype(np.float32)
    alone = {_NAMES[name]: name for name in fitted.names}
    parts = [
        {name: ranked.astype(np.int32) for name, ranked in method_lists(scores, weights, popularity, hidden, alone=alone).items()}
        for scores, hidden in (fitted.scores(judges.customers[part]) for part in _batches(fitted, judges))
    ]
    return {name: np.concatenate([part[name] for part in parts]).astype(np.intp) for name in parts[0]}


def _report(
    table: Table,
    facts: str,
    fitted: Fitted,
    everyone: Judges,
    judges: Judges,
    lists: Mapping[str, NDArray[np.intp]],
    costs: Mapping[str, Cost],
    weights: Mapping[SourceName, float],
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
    of_method = {_NAMES[name]: costs[name] for name in fitted.names if name in costs}
    of_method |= {SERVED: sum(costs.values(), Cost()), "popularity": costs["tables"], "own_history": costs["tables"]}
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
        "weights": {str(name): round(weight, 4) for name, weight in weights.items() if weight},
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
            "the blend's cost is that of all its sources, fitted twice, and of choosing their weights",
            *(
                ()
                if SourceName.CONTENT in fitted.names or "text" not in table.frame.columns
                else (f"no content model: above {_MOST_LISTINGS:,} products, comparing all pairs takes too long",)
            ),
        ),
    )


def _asked(columns: InteractionColumns) -> list[Column]:
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


def _listings(table: Table) -> pd.Series | None:
    """The most frequent text of each product, the first in the alphabet on a tie; None without a column of texts."""
    if "text" not in table.frame.columns:
        return None
    counted = table.frame.group_by("product", "text").len().drop_nulls()
    texts = counted.with_columns(pl.col("product", "text").cast(pl.String)).sort(
        "product", "len", "text", descending=[False, True, False]
    )
    first = texts.unique("product", keep="first", maintain_order=True)
    return pd.Series(first["text"].to_list(), index=first["product"].to_list(), dtype=object)


def _batches(fitted: Fitted, judges: Judges) -> list[slice]:
    size = max(min(_CELLS // max(len(fitted.past.product_ids), len(fitted.past.customer_ids)), 500), 1)
    return [slice(start, start + size) for start in range(0, len(judges.customers), size)]


def _stacked(parts: list[tuple[dict[SourceName, FloatTable], Mask]]) -> tuple[dict[SourceName, FloatTable], Mask]:
    names = parts[0][0]
    return {name: np.concatenate([scores[name] for scores, _ in parts]) for name in names}, np.concatenate(
        [mask for _, mask in parts]
    )
