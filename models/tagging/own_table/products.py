"""Products that somebody brings, in an order that does not depend on theirs, and parted so that no title is on both sides."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.tables import Column, Kind, Table, read_table
from models.tagging.text import normalised

# Between the levels of a label's path, in the file as in our own names.
ARROW = " >> "


@dataclass(frozen=True)
class ProductColumns:
    """What the file calls its columns; the label is a column of its own or the first `levels` of a path."""

    text: str
    label: str | None = None
    label_path: str | None = None
    levels: int | None = None
    group: str | None = None


@dataclass(frozen=True)
class Products:
    """One row per product.

    Attributes:
        titles: equal for texts that differ in nothing but case, blanks and punctuation.
        units: what must not be torn apart: the group where one came, else the title.
    """

    texts: npt.NDArray[np.object_]
    labels: npt.NDArray[np.object_]
    titles: npt.NDArray[np.object_]
    units: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, chosen: npt.NDArray[np.bool_]) -> "Products":
        """The rows for which `chosen` holds."""
        return Products(self.texts[chosen], self.labels[chosen], self.titles[chosen], self.units[chosen])


def check(columns: ProductColumns) -> None:
    """Raises InvalidInputError unless exactly one kind of label is asked for."""
    if bool(columns.label) == bool(columns.label_path):
        raise InvalidInputError("say where the label is: either --label COL, or --label-path COL --levels N")
    if columns.label_path and (columns.levels is None or columns.levels < 1):
        raise InvalidInputError("--label-path needs --levels N, 1 or more: how many levels of `A >> B >> C` make the label")
    if columns.label and columns.levels is not None:
        raise InvalidInputError("--levels belongs to --label-path; leave it out, or name the column of paths")


def read_products(paths: Sequence[Path], columns: ProductColumns) -> tuple[Table, Products]:
    """The good rows, sorted; a path with fewer levels than asked for is no good row."""
    asked = [Column("text", columns.text, Kind.TEXT), Column("label", columns.label or columns.label_path or "", Kind.TEXT)]
    if columns.group:
        asked.append(Column("group", columns.group, Kind.TEXT, is_optional=True))
    table = read_table(paths, asked)
    if columns.levels is not None:
        labels = pl.Series("label", [first_levels(path, columns.levels) for path in table.frame["label"]], dtype=pl.String)
        table = Table(table.frame.with_columns(labels), table.rows, table.reasons, table.examples)
        table = table.without(pl.col("label").is_null(), f"the path has fewer than {columns.levels} levels")
    else:
        table = Table(table.frame.with_columns(pl.col("label").str.strip_chars()), table.rows, table.reasons, table.examples)
    titles = pl.Series("title", [normalised(text) for text in table.frame["text"]], dtype=pl.String)
    frame = table.frame.with_columns(titles)
    table = Table(frame, table.rows, table.reasons, table.examples).without(pl.col("title") == "", "the text has no word")
    if not len(table.frame):
        raise InvalidInputError(f"no row can be used: {', '.join(table.reasons)}")
    frame = table.frame
    if "group" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias("group"))
    # A product without a group stands with those of its title.
    frame = frame.with_columns(
        unit=pl.when(pl.col("group").is_null() | (pl.col("group").str.strip_chars() == ""))
        .then("title " + pl.col("title"))
        .otherwise("group " + pl.col("group"))
    ).sort("title", "text", "label", "unit")
    made = Products(*(frame[name].to_numpy().astype(object) for name in ("text", "label", "title", "unit")))
    return table, made


def first_levels(path: str, levels: int) -> str | None:
    """The first levels of `A >> B >> C`; None if it has fewer.

    In a JSON list the first path counts; a list of names without an arrow is itself a path.
    """
    text = path.strip()
    if text.startswith("["):
        try:
            listed = [str(name) for name in json.loads(text)]
            text = listed[0] if any(">>" in name for name in listed) else ARROW.join(listed)
        except ValueError:  # cut short by whoever wrote the file
            text = text.strip("[]\"' ")
    names = [name.strip() for name in text.split(ARROW.strip())]
    names = [name for name in names if name]
    return ARROW.join(names[:levels]) if len(names) >= levels else None


def split(products: Products, *, test_share: float, seed: int) -> tuple[Products, Products]:
    """What to learn from and what to judge by; units are drawn until they hold `test_share` of the rows.

    Raises:
        EmptyTrainingSetError: there are too few units to have some on both sides.
    """
    units, code = np.unique(products.units.astype(str), return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(units))
    reached = np.cumsum(np.bincount(code, minlength=len(units))[order])
    count = int(np.searchsorted(reached, test_share * len(products))) + 1
    is_test = np.isin(code, order[:count])
    if is_test.all():
        raise EmptyTrainingSetError(
            f"{len(products)} products have {len(units)} different titles or groups, which do not part into two sides; bring more"
        )
    return products.rows(~is_test), products.rows(is_test)
