"""Catalogues that teach little or badly: few listings, one title, one root, missing titles, thousands of categories."""

from datetime import timedelta
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import EmptyTrainingSetError
from models.tagging import TaggingConfig, TrainingSet, make_training_set, train
from models.tagging.evaluate import split_by_listing_time
from tests.models.tagging.factories import NOON

WORDS = [f"word{number}" for number in range(40)]


def listed(titles: list[str | None], paths: list[str]) -> TrainingSet:
    """Listings in categories that are named, and identified, by their paths."""
    above = {" > ".join(path.split(" > ")[:depth]) for path in paths for depth in range(1, path.count(">") + 2)}
    rows = [(path, path.rpartition(" > ")[0] or None, path) for path in sorted(above)]
    products = pd.DataFrame({"category_id": paths, "title": titles, "description": ""})
    products["product_id"] = [f"p{number}" for number in range(len(products))]
    products["listed_at"] = [NOON - timedelta(hours=len(products) - number) for number in range(len(products))]
    return make_training_set(products, pd.DataFrame(rows, columns=["category_id", "parent_category_id", "path"]), until=NOON)


def two_kinds(first: str, second: str, count: int = 40) -> TrainingSet:
    """Toys and scarves that each say what they are."""
    titles: list[str | None] = [f"{noun} {WORDS[at]} {WORDS[-at - 1]}" for at in range(count) for noun in ("toy", "scarf")]
    return listed(titles, [first, second] * count)


def test_few_listings_that_are_all_right_make_nothing_certain() -> None:
    model = train(two_kinds("Toys", "Scarves"), TaggingConfig())
    toy, unknown = model.tag(["A toy of its own", "zzzz"])
    assert [toy.categories[0].category_id, toy.has_abstained] == ["Toys", False]
    assert unknown.has_abstained
    assert unknown.categories[0].probability < 0.75, "of a title without a known word nearly nothing is known"


@pytest.mark.parametrize("titles", [["Handmade gift"] * 20, ["red car", "silk scarf"] * 10])
def test_catalogue_of_one_title_or_two_is_learnt_and_answers_nothing(titles: list[str | None]) -> None:
    model = train(listed(titles, ["Toys", "Scarves"] * 10), TaggingConfig())
    (tags,) = model.tag(["Red wooden car"])
    assert tags.has_abstained
    assert max(category.probability for category in tags.categories) < 0.95


def test_root_of_all_categories_is_no_answer() -> None:
    model = train(two_kinds("Shop > Play > Toys", "Shop > Wear > Scarves"), TaggingConfig())
    for tags in model.tag(["zzzz", "toy scarf", "red"]):
        assert "Shop" not in [category.category_id for category in tags.categories]


def test_listings_without_title_or_category_teach_nothing() -> None:
    whole = two_kinds("Toys", "Scarves", count=3)
    products = pd.concat([whole.products, whole.products.assign(title=None), whole.products.assign(category_id=None)])
    again = make_training_set(products, pd.DataFrame(columns=["category_id", "parent_category_id", "path"]), until=NOON)
    assert again.products["title"].tolist() == whole.products["title"].tolist()


def test_answer_is_likelier_right_than_wrong_however_right_the_whole_is() -> None:
    # Nearly all titles settle their category, so that any confidence at all would be right often enough.
    titles: list[str | None] = [f"{noun} {word}" for word in WORDS for noun in ("toy", "scarf", "lamp", "ring")]
    model = train(listed(titles, ["Toys", "Scarves", "Lamps", "Rings"] * len(WORDS)), TaggingConfig())
    assert model.category_threshold >= 0.5
    (stranger,) = model.tag(["word3 word5 of clay"])
    assert stranger.has_abstained


def test_of_thousands_of_categories_frequent_terms_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("models.tagging.train"), "_MOST_COEFFICIENTS", 600)
    model = train(two_kinds("Toys", "Scarves"), TaggingConfig())
    assert model.categories.coefficients.size == 600
    assert [tags.categories[0].category_id for tags in model.tag(["toy", "scarf"])] == ["Toys", "Scarves"]


def test_newest_listing_of_a_second_category_is_explained() -> None:
    titles: list[str | None] = [f"toy {word}" for word in WORDS]
    with pytest.raises(EmptyTrainingSetError, match="in 1 categories; it takes two"):
        split_by_listing_time(listed([*titles, "gold ring"], ["Toys"] * len(titles) + ["Rings"]), 0.2)


def test_probabilities_of_a_tiny_catalogue_are_calibrated_by_what_it_has() -> None:
    model = train(listed(["red car", "silk scarf", "brass lamp"], ["Toys", "Wear", "Home"]), TaggingConfig())
    assert np.allclose([category.probability for tags in model.tag(["zzz"]) for category in tags.categories], 1 / 3, atol=0.05)
