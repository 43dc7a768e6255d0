"""Public product tables for the tagging benchmark, read from the folder that MARKETPLACE_DATA names."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from models.tagging import TrainingSet, make_training_set
from models.tagging.own_table.products import ProductColumns, Products, read_products

_FASHION = "fashion_products/products.csv.gz"
_FLIPKART = "flipkart_products/flipkart_20k_name_category.csv.gz"
_WISH = "wish_summer/summer-products-with-rating-and-performance_2020-08.csv.gz"
# Our names of the catalogue's columns; its usage is what a thing is worn for.
_ATTRIBUTES = {"baseColour": "colour", "usage": "occasion", "season": "season", "gender": "gender"}


def judged_tables(data: Path, folder: Path) -> Iterator[tuple[str, Products]]:
    """Five labels of the fashion catalogue, by title, and three levels of Flipkart's, by brand: the first word of a name."""
    for label in (*reversed(_ATTRIBUTES), "articleType"):
        yield f"fashion {label}", read_products([data / _FASHION], ProductColumns("productDisplayName", label=label))[1]
    table = pd.read_csv(data / _FLIPKART, keep_default_na=False)
    table["brand"] = table["product_name"].str.split().str[0].fillna("").str.casefold()
    path = folder / "flipkart.csv"
    table.to_csv(path, index=False)
    for levels in (1, 2, 3):
        columns = ProductColumns("product_name", label_path="product_category_tree", levels=levels, group="brand")
        yield f"flipkart level {levels}", read_products([path], columns)[1]


def fashion(data: Path) -> TrainingSet:
    """The whole fashion catalogue as a shop's listings, a second apart in the order of the file."""
    table = pd.read_csv(data / _FASHION, keep_default_na=False)
    table = table[table["productDisplayName"].str.strip() != ""].reset_index(drop=True)
    steps = [table["masterCategory"], table["subCategory"], table["articleType"]]
    paths = [steps[0], steps[0] + " > " + steps[1], steps[0] + " > " + steps[1] + " > " + steps[2]]
    until = datetime(2020, 1, 1, tzinfo=UTC)
    products = pd.DataFrame(
        {
            "product_id": table["id"].astype(str),
            "category_id": paths[2],
            "title": table["productDisplayName"],
            "description": "",
            "material": None,
            "listed_at": until - pd.to_timedelta(range(len(table), 0, -1), unit="s"),
            **{ours: table[theirs].replace({"": None, "NA": None}) for theirs, ours in _ATTRIBUTES.items()},
        }
    )
    categories = pd.concat(
        [
            pd.DataFrame({"category_id": path, "parent_category_id": above, "path": path})
            for path, above in zip(paths, [None, *paths[:-1]], strict=True)
        ]
    ).drop_duplicates("category_id")
    return make_training_set(products, categories, until=until + timedelta(seconds=1))


def wish(data: Path) -> pd.DataFrame:
    """`title` and `colour` of another catalogue, as its sellers wrote them; listings without a colour are left out."""
    with gzip.open(data / _WISH, "rt", encoding="utf-8") as file:
        table = pd.read_csv(file, keep_default_na=False)
    table = table[table["product_color"].str.strip() != ""].drop_duplicates("product_id")
    return pd.DataFrame({"title": table["title_orig"], "colour": table["product_color"]}).reset_index(drop=True)
