"""A column of one window as counts: small, mergeable by addition, and all that the effect sizes need."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.monitoring.effects import tenths
from models.monitoring.features import Kind, as_categories, as_numbers

Floats = npt.NDArray[np.float64]
_BARS = 10


@dataclass(frozen=True)
class Cells:
    """The cells of a column: `edges` between numbers, or the categories' names; what is in none of them is counted last."""

    kind: Kind
    edges: Floats
    names: tuple[str, ...]

    def summary(self, past: Floats, now: Floats) -> tuple[list[str], list[float], list[float]]:
        """Labels and shares of a drawing with about ten bars: tenths of `past`, or the most frequent categories of both."""
        if self.kind is Kind.NUMBER:
            bins = tenths(past)
            used = np.unique(bins)
            uppers = [float(self.edges[np.flatnonzero(bins == one)[-1]]) for one in used[:-1]]
            labels = [f"≤ {upper:.4g}" for upper in uppers] + ([f"> {uppers[-1]:.4g}"] if uppers else ["all"])
            groups = [bins == one for one in used]
        else:
            names = (*self.names, "others")
            order = np.argsort(-(past / past.sum() + now / now.sum()), kind="stable")[:_BARS]
            order = order[(past + now)[order] > 0]
            labels = [names[place] for place in order]
            groups = [np.arange(len(names)) == place for place in order]
        shares = [[round(float(counts[group].sum() / counts.sum()), 4) for group in groups] for counts in (past, now)]
        return labels, shares[0], shares[1]


@dataclass(frozen=True)
class Profile:
    """Counts of one column in one window.

    `top_count` is how often the most frequent value came; after merging it is a lower bound, which is what it is used for.
    """

    row_count: int
    null_count: int
    counts: Floats
    distinct_count: int
    top_count: int

    @property
    def present(self) -> int:
        return self.row_count - self.null_count


def number_cells(values: Floats, count: int) -> Cells:
    """Cells that hold about equal shares of `values`; a value that is frequent has a cell of its own."""
    present = values[~np.isnan(values)]
    if not len(present):
        return Cells(Kind.NUMBER, np.empty(0), ())
    quantiles = np.quantile(present, np.linspace(0, 1, count + 1)[1:-1], method="inverted_cdf")
    return Cells(Kind.NUMBER, np.unique(quantiles), ())


def category_cells(values: npt.NDArray[np.object_], count: int) -> Cells:
    """A cell for each of the most frequent categories."""
    frequent = pd.Series(values).value_counts().index[:count]
    return Cells(Kind.CATEGORY, np.empty(0), tuple(str(name) for name in sorted(frequent)))


def profiles(values: pd.Series, cells: Cells, starts: Sequence[int], ends: Sequence[int]) -> list[Profile]:
    """A profile of each slice `values[start:end]`."""
    if cells.kind is Kind.NUMBER:
        numbers = as_numbers(values)
        missing = np.isnan(numbers)
        codes = np.searchsorted(cells.edges, numbers, side="left")
        size = len(cells.edges) + 1
        items: npt.NDArray[np.object_] | Floats = numbers
    else:
        items = as_categories(values)
        missing = pd.isna(items)
        codes = pd.Categorical(items, categories=list(cells.names)).codes.astype(np.int64)
        size = len(cells.names) + 1
        codes = np.where(codes < 0, size - 1, codes)
    made = []
    for start, end in zip(starts, ends, strict=True):
        present = ~missing[start:end]
        counts = np.bincount(codes[start:end][present], minlength=size).astype(np.float64)
        frequencies = pd.Series(items[start:end][present]).value_counts(sort=True)
        top = int(frequencies.iloc[0]) if len(frequencies) else 0
        made.append(Profile(end - start, int((~present).sum()), counts, len(frequencies), top))
    return made


def merged(parts: Sequence[Profile]) -> Profile:
    """The profile of all rows together; `distinct_count` is the mean of the parts, since values are not kept."""
    return Profile(
        row_count=sum(part.row_count for part in parts),
        null_count=sum(part.null_count for part in parts),
        counts=np.sum([part.counts for part in parts], axis=0),
        distinct_count=round(float(np.mean([part.distinct_count for part in parts]))),
        top_count=sum(part.top_count for part in parts),
    )
