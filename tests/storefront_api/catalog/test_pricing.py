"""Customisation prices, worked by hand."""

import pytest

from storefront_api.catalog.pricing import InvalidChoicesError, price_choices

ENGRAVING = {
    "customisation_id": "engraving", "name": "Engraving", "kind": "text", "is_required": True, "max_length": 5,
    "price_minor": 5_000, "choices": [],
}  # fmt: skip
SIZE = {
    "customisation_id": "size", "name": "Size", "kind": "choice", "is_required": False, "max_length": None, "price_minor": 1_000,
    "choices": [{"value": "s", "label": "Small", "price_minor": 0}, {"value": "l", "label": "Large", "price_minor": 25_000}],
}  # fmt: skip
PHOTO = ENGRAVING | {"customisation_id": "photo", "name": "Photo", "kind": "photo", "is_required": False}


def test_choice_costs_its_own_price_and_that_of_its_customisation() -> None:
    priced = price_choices([ENGRAVING, SIZE], {"engraving": " Maya ", "size": "l"})
    assert [(one.value, one.label, one.price_minor) for one in priced] == [("Maya", "Maya", 5_000), ("l", "Large", 26_000)]


def test_blank_choice_is_no_choice() -> None:
    assert [one.name for one in price_choices([ENGRAVING, SIZE], {"engraving": "Maya", "size": "  "})] == ["Engraving"]


@pytest.mark.parametrize(
    ("choices", "field", "words"),
    [
        ({}, "engraving", "Engraving is needed"),
        ({"engraving": "Mayabati"}, "engraving", "Engraving: at most 5 characters, this has 8"),
        ({"engraving": "Maya", "size": "xl"}, "size", "Size: 'xl' is not offered; choose one of s, l"),
        ({"engraving": "Maya", "photo": "http://x.example/p.jpg"}, "photo", "Photo: give the link of your photo"),
        ({"engraving": "Maya", "colour": "red"}, "colour", "this product has no such customisation"),
    ],
)
def test_wish_that_cannot_be_made_names_its_field(choices: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(InvalidChoicesError) as caught:
        price_choices([ENGRAVING, SIZE, PHOTO], choices)
    assert list(caught.value.fields) == [field]
    assert caught.value.fields[field].startswith(words)
