"""Which attributes a category has: learnt from its listings, else the category's above."""

import pandas as pd
import pytest

from models.tagging import AttributeSchema, CategoryTree

TREE = CategoryTree(
    parents={"home": None, "mugs": "home", "cards": "home", "new": "home"},
    paths={"home": "Home", "mugs": "Home > Mugs", "cards": "Home > Cards", "new": "Home > New"},
)


def listings() -> pd.DataFrame:
    rows = [("mugs", "red", "ceramic")] * 20 + [("cards", "blue", None)] * 40
    return pd.DataFrame(rows, columns=["category_id", "colour", "material"])


def test_a_category_has_what_its_listings_have() -> None:
    schema = AttributeSchema.learnt(listings(), TREE)
    # Occasion, season and gender were never asked for here, so they are open to all.
    assert schema.attributes("mugs") == ("colour", "material", "occasion", "season", "gender")
    assert schema.attributes("cards") == ("colour", "occasion", "season", "gender")


def test_a_category_with_few_listings_has_what_the_one_above_has() -> None:
    schema = AttributeSchema.learnt(listings(), TREE)
    assert schema.attributes("new") == schema.attributes("home")
    assert "material" in schema.attributes("new")


def test_without_a_category_every_attribute_is_possible() -> None:
    assert len(AttributeSchema.learnt(listings(), TREE).attributes(None)) == 5


def test_values_that_do_not_fit_are_told_one_by_one() -> None:
    schema = AttributeSchema.learnt(listings(), TREE)
    assert schema.problems("mugs", {"colour": ["red", "white"], "material": ["ceramic"]}) == []
    assert schema.problems("cards", {"material": ["paper"], "season": ["summer", "winter"]}) == [
        "Home > Cards has no material; it has colour, occasion, season, gender",
        "season has one value, 2 came",
    ]


def test_a_schema_of_unknown_attributes_is_refused() -> None:
    with pytest.raises(ValueError, match="the schema names weight"):
        AttributeSchema({"mugs": ("weight",)}, TREE)
