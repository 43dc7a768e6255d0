import json
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from marketplace.simulation import words
from marketplace.simulation.pictures import draw
from tests.marketplace.simulation.conftest import Simulated


def test_categories_form_a_tree_with_bengali_names(simulated: Simulated) -> None:
    categories = simulated["categories"]
    tops = categories.filter(pl.col("parent_category_id").is_null())
    assert len(tops) == 9
    assert len(set(categories["category_id"]) - set(categories["parent_category_id"].drop_nulls())) == len(words.LEAVES)
    assert categories["name_bn"].null_count() == 0
    for row in categories.filter(pl.col("parent_category_id").is_not_null()).iter_rows(named=True):
        parent = categories.row(by_predicate=pl.col("category_id") == row["parent_category_id"], named=True)
        assert row["path"] == f"{parent['path']} > {row['name']}"


def test_titles_are_varied_and_some_are_bengali(simulated: Simulated) -> None:
    products = simulated["products"]
    assert products["title"].n_unique() > 0.9 * len(products)
    assert 0.02 <= (products["language"] == "bn").mean() <= 0.16
    bengali = products.filter(pl.col("language") == "bn")["title"].to_list()
    assert all(any("\u0980" <= letter <= "\u09ff" for letter in title) for title in bengali)


def test_attributes_are_mostly_known(simulated: Simulated) -> None:
    products = simulated["products"]
    for column, most in (("colour", 0.25), ("material", 0.25), ("occasion", 0.65)):
        assert 0 < products[column].null_count() / len(products) < most


def test_column_states_the_true_colour(simulated: Simulated) -> None:
    both = simulated["products"].join(simulated["truth/products"], on="product_id").filter(pl.col("colour").is_not_null())
    assert (both["colour"] == both["true_colour"]).all()


def test_season_and_gender_are_said_where_a_category_has_them(simulated: Simulated) -> None:
    pieces = simulated["products"].join(simulated["truth/products"], on="product_id")
    for name, least in (("season", 0.7), ("gender", 0.7)):
        said, true = pl.col("attributes").str.json_path_match(f"$.{name}"), pl.col(f"true_{name}")
        assert pieces.filter(said.is_not_null() & said.ne_missing(true)).is_empty()
        assert pieces.filter(true.is_not_null()).select(said.is_not_null().mean()).item() > least
    has = {
        category: (season, gender)
        for category, season, gender in pieces.group_by("category_id")
        .agg(pl.col("true_season", "true_gender").is_not_null().any())
        .iter_rows()
    }
    assert has["cat-home-kitchen-mugs"] == (False, False)
    assert has["cat-jewellery-rings"] == (False, True)
    assert has["cat-clothing-women-shawls"] == (True, True)
    assert set(pieces.filter(category_id="cat-clothing-men-panjabis")["true_gender"]) == {"men"}
    shawls = pieces.filter(pl.col("true_season") == "winter", language="en")["title"]
    assert 0.15 < shawls.str.contains("winter").mean() < 0.6


def test_pictures_are_small_and_well_formed(simulated: Simulated) -> None:
    pictures = simulated["products"]["picture_svg"]
    assert pictures.str.len_bytes().max() < 1500
    assert pictures.n_unique() > 0.9 * len(pictures)
    for picture in pictures:
        ElementTree.fromstring(picture)


@pytest.mark.parametrize("leaf", words.LEAVES, ids=lambda leaf: leaf.path)
def test_every_category_is_drawn_in_the_colour_asked_for(leaf: words.Leaf) -> None:
    assert "#3a6fb5" in draw(leaf.shape, "#3a6fb5", style="minimal", rng=np.random.default_rng(1))


def test_options_have_usable_rules(simulated: Simulated) -> None:
    options = simulated["customisations"]
    texts = options.filter(pl.col("kind") == "text")
    assert texts["max_length"].null_count() == 0
    assert texts["max_length"].min() >= 10
    for row in options.filter(pl.col("kind") == "choice").iter_rows(named=True):
        choices = json.loads(row["choices"])
        assert len({choice["value"] for choice in choices}) == len(choices) >= 2
        assert all(choice["price_minor"] >= 0 for choice in choices)
    limits = simulated["order_customisations"].join(texts, on="customisation_id")
    assert (limits["value"].str.len_chars() <= limits["max_length"]).all()
