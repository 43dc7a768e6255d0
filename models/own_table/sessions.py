"""`marketplace evaluate sessions`: the next product of a session, ours beside plain baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.metrics.judging import judged, spread
from models.metrics.ranking import coverage_at, hit_rate_at, mrr_at, ndcg_at, personalisation_at
from models.own_table.measuring import Cost, measured
from models.own_table.report import MeasuredMethod, Report, described, gained
from models.own_table.session_peers import Stan, VectorNeighbours
from models.recommendation.collaborative import ItemToItem, fit_co_visitation
from models.recommendation.config import RecommendationConfig
from models.recommendation.session_blend import SessionBlend, profiles
from models.recommendation.session_neighbours import SessionNeighbours, SessionNeighboursConfig, Sessions
from models.recommendation.session_ranker import SessionModel
from models.tables import Column, Kind, Table, encode, read_table

SERVED = "two_stage"  # the `running_session` of `RecommendationModel`
PRIMARY_METRIC, SECOND_METRIC = "ndcg_at_10", "mrr_at_20"
_DEPTH = 20
_BATCH = 500
# Below any difference that matters, above what float32 forgets: popularity settles ties and fills short lists.
_FILL = 1e-5

Scores = Callable[[Sessions], sparse.csr_matrix]


@dataclass(frozen=True)
class SessionColumns:
    """What the file calls its columns; with `sequence` a row is a whole session."""

    session: str = "session_id"
    product: str = "product_id"
    position: str = "position"
    sequence: str | None = None


@dataclass(frozen=True)
class Cases:
    """Running sessions without their last product, and that product (-1 where the past does not know it)."""

    running: Sessions
    targets: NDArray[np.int32]


def evaluate_sessions(
    train: Sequence[Path],
    test: Sequence[Path],
    columns: SessionColumns,
    *,
    test_share: float | None = None,
    new_items_only: bool = False,
    most_cases: int = 20_000,
    seed: int = 7,
    report: Callable[[str], None] = lambda line: None,
) -> Report:
    """The table of methods on sessions that none of them saw; the last product of each is foretold from those before.

    Args:
        test: files of test sessions; without them the last `test_share` of the sessions in `train` are the test, in the
            order in which they stand there.
        new_items_only: a product that the session holds already is neither a target nor on a list.
        most_cases: of more test sessions so many are drawn.

    Raises:
        InvalidInputError, MissingColumnsError: the files cannot be used.
        EmptyTrainingSetError: too little is left on one side of the split.
    """
    if bool(test) == (test_share is not None):
        raise InvalidInputError("say where the test sessions are: either --test FILE or --test-share S, such as 0.07")
    if test_share is not None and not 0 < test_share < 1:
        raise InvalidInputError(f"--test-share is a share between 0 and 1, {test_share:g} came")
    report("reading")
    tables = [read_table(paths, _asked(columns)) for paths in (train, test) if paths]
    parts = _split(tables, columns, test_share)
    past, product_count = parts.past, parts.product_count
    cases, left_out = _cases(parts, new_items_only=new_items_only, most=most_cases, seed=seed)
    report(f"{len(past):,} sessions to learn from, {len(cases.running):,} to judge by, {product_count:,} products")
    popularity = np.bincount(past.products, minlength=product_count)
    lists: dict[str, NDArray[np.intp]] = {}
    costs: dict[str, Cost] = {}
    for name, fit in _methods(past, product_count, new_items_only=new_items_only, seed=seed).items():
        with measured() as costs[name]:
            scores = fit()
        lists[name] = _lists(scores, cases, popularity, new_items_only=new_items_only)
        report(f"{name}: trained in {costs[name].cpu_s:.1f} CPU s")
    units = {name: _per_session(ranked, cases.targets) for name, ranked in lists.items()}
    figures, gains = judged(units, served=SERVED, primary=PRIMARY_METRIC, seed=seed)
    second = {name: {SECOND_METRIC: unit[SECOND_METRIC]} for name, unit in units.items()}
    _, second_gains = judged(second, served=SERVED, primary=SECOND_METRIC, seed=seed)
    spreads = {
        name: {
            "coverage_at_10": spread(ranked, lambda part: coverage_at(part, product_count, 10), seed=seed),
            "personalisation_at_10": spread(ranked, lambda part: personalisation_at(part, 10), seed=seed),
        }
        for name, ranked in lists.items()
    }
    data = {
        **described(*tables),
        "train_sessions": len(past),
        "train_clicks": len(past.products),
        "products": product_count,
        "test_sessions": len(cases.running),
        **left_out,
        "targets_unknown_to_the_past": int((cases.targets < 0).sum()),
        "new_items_only": new_items_only,
        **gained(SERVED, PRIMARY_METRIC, gains),
        f"served_minus_others_in_{SECOND_METRIC}": gained(SERVED, SECOND_METRIC, second_gains)["served_minus_others"],
    }
    return Report(
        "sessions",
        data,
        tuple(
            MeasuredMethod(name, figures[name] | spreads[name], name == SERVED, costs[name].cpu_s, costs[name].peak_mb)
            for name in lists
        ),
        notes=(
            "every product of the past is ranked; a target that the past does not know counts as missed",
            "repeats within a session are neither foretold nor shown" if new_items_only else "a repeat within the session counts",
        ),
    )


def _asked(columns: SessionColumns) -> list[Column]:
    if columns.sequence:
        return [Column("sequence", columns.sequence, Kind.TEXTS)]
    return [
        Column("session", columns.session, Kind.ID),
        Column("product", columns.product, Kind.ID),
        Column("position", columns.position, Kind.NUMBER),
    ]


@dataclass(frozen=True)
class _Parts:
    """Both sides of the split; products of the past are coded from 0, `later` in codes of its own.

    Attributes:
        known: for each code of `later` the past's, -1 where the past does not know the product.
    """

    past: Sessions
    later: Sessions
    known: NDArray[np.int32]

    @property
    def product_count(self) -> int:
        return int(self.known.max()) + 1


def _split(tables: list[Table], columns: SessionColumns, test_share: float | None) -> _Parts:
    frames = [_flat(table.frame, columns, in_file_order=test_share is not None) for table in tables]
    counts = [int(frame["session"].n_unique()) for frame in frames]
    past_count = counts[0] if test_share is None else counts[0] - max(round(counts[0] * test_share), 1)
    products = pl.concat([frame["product"].cast(pl.String) for frame in frames])
    _, codes = encode(products)
    lengths = np.concatenate([np.bincount(frame["session"].to_numpy()) for frame in frames])
    both = Sessions(codes, np.concatenate([[0], np.cumsum(lengths)]))
    past, later = both.between(0, past_count), both.between(past_count, len(both))
    if not len(past) or not len(later):
        raise EmptyTrainingSetError(f"{len(both):,} sessions leave {len(past):,} to learn from and {len(later):,} to judge by")
    is_known = np.zeros(int(codes.max()) + 1, dtype=bool)
    is_known[past.products] = True
    known = np.where(is_known, np.cumsum(is_known) - 1, -1).astype(np.int32)
    return _Parts(Sessions(known[past.products], past.offsets), later, known)


def _flat(frame: pl.DataFrame, columns: SessionColumns, *, in_file_order: bool) -> pl.DataFrame:
    """Numbers of sessions from 0 and their products, session by session, oldest product first.

    Sessions stand as in the file if that is asked for, else by their id, so that the order of rows says nothing.
    """
    if columns.sequence:
        rows = frame.with_row_index("session").explode("sequence")
        return rows.select(pl.col("session").cast(pl.Int64), pl.col("sequence").alias("product"))
    # A fresh Categorical counts its texts as they come.
    order = (
        frame["session"].to_physical()
        if in_file_order
        else frame["session"].cast(pl.Enum(_by_id(frame["session"]))).to_physical()
    )
    flat = frame.with_columns((order.rank("dense") - 1).cast(pl.Int64).alias("session"), pl.col("product").cast(pl.String))
    return flat.sort("session", "position", "product").select("session", "product")


def _by_id(sessions: pl.Series) -> pl.Series:
    """The different ids in order: as numbers where all are whole ones, else as texts."""
    ids = sessions.unique().cast(pl.String).sort()
    numbers = ids.cast(pl.Int64, strict=False)
    return ids if numbers.null_count() else ids.gather(numbers.arg_sort())


def _cases(parts: _Parts, *, new_items_only: bool, most: int, seed: int) -> tuple[Cases, dict[str, int]]:
    """Test sessions of two products or more, and how many were left out."""
    later = parts.later
    is_long = later.lengths >= 2
    targets = later.products[later.offsets[1:] - 1]
    is_kept = is_long
    if new_items_only:
        is_before = later.places < np.repeat(later.lengths, later.lengths) - 1
        is_repeat = np.bincount(later.rows, weights=is_before & (later.products == targets[later.rows])) > 0
        is_kept = is_long & ~is_repeat
    kept = np.flatnonzero(is_kept)
    if not len(kept):
        raise EmptyTrainingSetError(
            f"none of {len(later):,} test sessions can judge: {int((~is_long).sum()):,} hold fewer than two products"
            + (", in the others the last product is a repeat" if new_items_only else "")
        )
    if len(kept) > most:
        kept = np.sort(np.random.default_rng(seed).permutation(kept)[:most])
    products = parts.known[later.products]
    chosen = np.zeros(len(later), dtype=bool)
    chosen[kept] = True
    is_shown = chosen[later.rows] & (later.places < np.repeat(later.lengths, later.lengths) - 1) & (products >= 0)
    lengths = np.bincount(later.rows[is_shown], minlength=len(later))[kept]
    running = Sessions(products[is_shown], np.concatenate([[0], np.cumsum(lengths)]))
    left_out = {
        "test_sessions_too_short": int((~is_long).sum()),
        "test_sessions_ending_in_a_repeat": int((is_long & ~is_kept).sum()),
        "test_sessions_not_drawn": int(is_kept.sum()) - len(kept),
    }
    return Cases(running, parts.known[targets[kept]]), left_out


def _methods(past: Sessions, product_count: int, *, new_items_only: bool, seed: int) -> dict[str, Callable[[], Scores]]:
    """How each method is fitted; each then says a score per running session and product."""

    def co_visitation() -> Scores:
        config = RecommendationConfig()
        near: ItemToItem = fit_co_visitation(profiles(past, 1.0, product_count), config)
        return lambda running: sparse.csr_matrix(profiles(running, config.session_decay, product_count) @ near.similarity)

    repeats = not new_items_only
    return {
        "two_stage": lambda: SessionModel.fit(past, product_count, repeats=repeats, seed=seed).scores,
        "session_blend": lambda: SessionBlend.fit(past, product_count, repeats=repeats).scores,
        "session_neighbours": lambda: SessionNeighbours.fit(past, product_count, SessionNeighboursConfig()).scores,
        "stan": lambda: Stan.tuned(past, product_count, repeats=repeats).scores,
        "v_sknn": lambda: VectorNeighbours.tuned(past, product_count, repeats=repeats).scores,
        "co_visitation": co_visitation,
        "session_popularity": lambda: lambda running: profiles(running, 1.0, product_count),
        "popularity": lambda: lambda running: sparse.csr_matrix((len(running), product_count), dtype=np.float32),
    }


def _lists(scores: Scores, cases: Cases, popularity: NDArray[np.int_], *, new_items_only: bool) -> NDArray[np.intp]:
    """The first products of each session's list."""
    found = []
    for start in range(0, len(cases.running), _BATCH):
        running = cases.running.between(start, start + _BATCH)
        found.append(ranked_from(scores(running), popularity, hidden=running if new_items_only else None))
    return np.concatenate(found)


def _per_session(ranked: NDArray[np.intp], targets: NDArray[np.int32]) -> dict[str, NDArray[np.float64]]:
    hit = (ranked == targets[:, None]) & (targets >= 0)[:, None]
    return {
        "hit_rate_at_20": hit_rate_at(hit, 20),
        "mrr_at_20": mrr_at(hit, 20),
        "hit_rate_at_10": hit_rate_at(hit, 10),
        "ndcg_at_10": ndcg_at(hit, np.ones(len(hit), dtype=np.int_), 10),
    }


def ranked_from(scores: sparse.csr_matrix, popularity: NDArray[np.int_], *, hidden: Sessions | None = None) -> NDArray[np.intp]:
    """The first 20 products of each row; ties go to the more popular, then to the smaller code; -1 where none is left.

    Rows with little to say are filled up with what is popular.
    """
    rows, products = scores.shape
    best = np.maximum(scores.max(axis=1).toarray().ravel(), np.float32(1e-30)) if scores.nnz else np.ones(rows, dtype=np.float32)
    longest = int(hidden.lengths.max(initial=0)) if hidden is not None else 0
    fill = np.lexsort((np.arange(products), -popularity))[: _DEPTH + longest]
    worth = 1 - np.searchsorted(np.sort(-popularity), -popularity, side="left") / products
    said = sparse.coo_matrix(sparse.diags_array(1 / best) @ scores)
    at_rows = np.concatenate([said.row, np.repeat(np.arange(rows), len(fill))])
    at_products = np.concatenate([said.col, np.tile(fill, rows)])
    values = np.concatenate([said.data, np.zeros(rows * len(fill))])
    together = sparse.csr_matrix((values, (at_rows, at_products)), shape=scores.shape)
    together.sum_duplicates()
    together.data += _FILL * worth[together.indices]
    at_rows = np.repeat(np.arange(rows), np.diff(together.indptr))
    if hidden is not None:
        seen = hidden.rows * np.int64(products) + hidden.products
        is_shown = ~np.isin(at_rows * np.int64(products) + together.indices, seen)
    else:
        is_shown = np.ones(len(at_rows), dtype=bool)
    at_rows, at_products, values = at_rows[is_shown], together.indices[is_shown], together.data[is_shown]
    order = np.lexsort((at_products, -values, at_rows))
    at_rows, at_products = at_rows[order], at_products[order]
    place = np.arange(len(at_rows)) - np.searchsorted(at_rows, np.arange(rows))[at_rows]
    ranked = np.full((rows, _DEPTH), -1, dtype=np.intp)
    is_near = place < _DEPTH
    ranked[at_rows[is_near], place[is_near]] = at_products[is_near]
    return ranked
