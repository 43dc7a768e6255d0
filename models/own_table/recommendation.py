"""`marketplace evaluate recommendation`: what people take next, ours beside plain baselines."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.own_table.interactions import Interactions, last_days, shown
from models.own_table.measuring import Cost, measured
from models.own_table.recommendation_stages import (
    METHOD_NAMES,
    MOST_LISTINGS,
    Fitted,
    Judges,
    find_judges,
    find_strangers,
    fit,
    label_windows,
    rank,
    table_config,
)
from models.own_table.report import MeasuredMethod, Report, described, gained
from models.recommendation.config import SourceName
from models.recommendation.figures import (
    COLD_CUSTOMER_ROWS,
    COLD_PRODUCT_ROWS,
    PRIMARY_METRIC,
    SERVED,
    KnownOf,
    over_all,
    over_part,
    parts_of,
)
from models.recommendation.learning import learn_ranker
from models.recommendation.ranker import Blend
from models.recommendation.sources import rows_or_empty
from models.tables import Column, Kind, Table, read_table


@dataclass(frozen=True)
class InteractionColumns:
    """What the file calls its columns; the last two may be absent."""

    customer: str
    product: str
    time: str
    weight: str | None = None
    text: str | None = None


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

    The whole catalogue is ranked. Who is judged: customers with a row before the cut and a target after it; strangers are a part
    of their own.

    Args:
        new_items_only: what a customer had before the cut is neither a target nor on their list; otherwise both may be.
        min_interactions: customers and products with fewer rows before the cut are left out.
        most_customers: of more customers to judge by so many are drawn, and of strangers.

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
    # What is left of the table is said in the report; its rows are the interactions.
    table = replace(table, frame=table.frame.clear())
    cut = last_days(interactions, test_days)
    past, later = interactions.between(None, cut), interactions.between(cut, None)
    past = past.frequent(min_interactions).compact()
    facts = f"rows from {shown(int(interactions.instants[0]))} to {shown(int(interactions.instants[-1]))}, cut at {shown(cut)}"
    later = later.compact()
    del interactions
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
    strangers = find_strangers(past, later).drawn(most_customers, seed)
    lists = rank(fitted, ranker, blend, judges.beside(strangers))
    return _report(table, facts, fitted, everyone, judges, strangers, lists, costs, blend, seed=seed)


def _report(
    table: Table,
    facts: str,
    fitted: Fitted,
    everyone: Judges,
    judges: Judges,
    strangers: Judges,
    lists: Mapping[str, NDArray[np.intp]],
    costs: Mapping[str, Cost],
    blend: Blend,
    *,
    seed: int,
) -> Report:
    past, all_judges = fitted.past, judges.beside(strangers)
    known = _known_of(fitted, all_judges)
    parts = parts_of(all_judges.targets, known)
    of_known = {name: ranked[: len(judges.customers)] for name, ranked in lists.items()}
    figures, gains = over_all(of_known, judges.targets, known.takers, seed=seed)
    of_parts = {name: over_part(part, lists, seed=seed) for name, part in parts.items()}
    # Counting and trending take nothing beyond the tables that all share.
    of_method = {METHOD_NAMES[name]: costs[name] for name in fitted.first_stage.names if name in costs}
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
        "test_targets": int(judges.counts.sum()),
        "test_rows_of_unknown_products": judges.unknown_products,
        "test_customers_by_part": {name: len(part.rows) for name, part in parts.items()},
        "time": facts,
        "new_items_only": fitted.new_items_only,
        "blend": {str(name): round(weight, 4) for name, weight in blend.weights.items() if weight},
        **gained(SERVED, PRIMARY_METRIC, gains),
    }
    return Report(
        "recommendation",
        data,
        tuple(
            MeasuredMethod(
                name,
                figures[name],
                name == SERVED,
                of_method[name].cpu_s,
                of_method[name].peak_mb,
                {part: of_methods[name] for part, of_methods in of_parts.items()},
            )
            for name in lists
        ),
        notes=(
            "every product with a row before the cut is ranked for every customer; none is sampled",
            "what a customer had before is neither shown nor counted"
            if fitted.new_items_only
            else "what a customer had before may be shown and counts; own_history shows nothing else",
            f"parts count their own targets only; little is known of customers with under {COLD_CUSTOMER_ROWS} rows before "
            f"the cut and of products with under {COLD_PRODUCT_ROWS}",
            "the cost of two_stage and blend is that of all sources, fitted for each label window too, and of learning",
            *(
                ()
                if SourceName.CONTENT in fitted.first_stage.names or "text" not in table.frame.columns
                else (f"no content model: above {MOST_LISTINGS:,} products, comparing all pairs takes too long",)
            ),
        ),
    )


def _known_of(fitted: Fitted, judges: Judges) -> KnownOf:
    past, takers = fitted.past, fitted.histories.counts.sign().tocsr()
    rows = np.append(np.bincount(past.customers, minlength=len(past.customer_ids)), 0)
    product_rows = np.bincount(past.products, minlength=len(past.product_ids))
    return KnownOf(takers, product_rows, rows[judges.customers], rows_or_empty(takers, judges.customers))


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
