"""Labels out of paths, and sides of a split that share no title and no group."""

from pathlib import Path

import polars as pl
import pytest

from marketplace.errors import InvalidInputError
from models.tagging.own_table.products import ProductColumns, check, first_levels, read_products, split

COLUMNS = ProductColumns("title", label="label")


@pytest.mark.parametrize(
    ("path", "levels", "label"),
    [
        ("Home >> Kitchen >> Pans", 2, "Home >> Kitchen"),
        ('["Home >> Kitchen >> Pans"]', 1, "Home"),
        ('["Home >> Kitchen", "Sale >> Pans"]', 2, "Home >> Kitchen"),
        ('["Home >> Kit', 2, "Home >> Kit"),  # cut short
        ("Home>>Kitchen", 2, "Home >> Kitchen"),
        ('["Only its name"]', 2, None),
        ('["Home", "Kitchen", "Pans"]', 2, "Home >> Kitchen"),
        ("[]", 1, None),
        (">> >>", 1, None),
    ],
)
def test_first_levels_of_a_path(path: str, levels: int, label: str | None) -> None:
    assert first_levels(path, levels) == label


def test_rows_without_text_or_label_are_counted_and_na_is_a_value(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("title,label\nNA,NA\n,mug\nMug,\n!!,mug\nBlue mug,mug\n")
    table, products = read_products([path], COLUMNS)
    assert (table.rows, table.rejected) == (5, 3)
    assert table.reasons == {"text (title) is empty": 1, "label (label) is empty": 1, "the text has no word": 1}
    assert products.labels.tolist() == ["mug", "NA"]


def test_no_title_is_on_both_sides(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    rows = [f"{title} {number}!,x" for number in range(30) for title in ("Mug", "mug", "MUG ")]
    path.write_text("title,label\n" + "\n".join(rows) + "\n")
    past, test = split(read_products([path], COLUMNS)[1], test_share=0.2, seed=1)
    assert not set(past.titles) & set(test.titles)
    assert (len(past), len(test)) == (72, 18)


def test_groups_stay_together_and_row_order_does_not_matter(tmp_path: Path) -> None:
    rows = [f"mug {n},x,brand {n % 10}" for n in range(50)] + ["mug without brand,x,"]
    sides = []
    for order in (rows, rows[::-1]):
        path = tmp_path / "products.csv"
        path.write_text("title,label,brand\n" + "\n".join(order) + "\n")
        sides.append(
            split(read_products([path], ProductColumns("title", label="label", group="brand"))[1], test_share=0.3, seed=1)
        )
    past, test = sides[0]
    assert not set(past.units) & set(test.units)
    assert sides[1][1].texts.tolist() == test.texts.tolist()


def test_lists_of_a_parquet_file_are_paths(tmp_path: Path) -> None:
    path = tmp_path / "products.parquet"
    pl.DataFrame({"title": ["mug", "pan", "lid"], "tree": [["Home >> Mugs"], ["Home >> Pans"], None]}).write_parquet(path)
    table, products = read_products([path], ProductColumns("title", label_path="tree", levels=2))
    assert products.labels.tolist() == ["Home >> Mugs", "Home >> Pans"]
    assert table.reasons == {"label (tree) is empty": 1}


@pytest.mark.parametrize(
    "columns",
    [
        ProductColumns("t"),
        ProductColumns("t", label="a", label_path="b", levels=1),
        ProductColumns("t", label_path="b"),
        ProductColumns("t", label="a", levels=2),
    ],
)
def test_one_kind_of_label_is_asked_for(columns: ProductColumns) -> None:
    with pytest.raises(InvalidInputError, match="--l"):
        check(columns)
