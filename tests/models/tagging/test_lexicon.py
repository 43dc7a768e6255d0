"""Words found in text: the span points to them, in any script and spelling."""

import unicodedata
from pathlib import Path

import pytest

from models.tagging.colours import COLOURS, family
from models.tagging.genders import GENDERS
from models.tagging.lexicon import Lexicon
from models.tagging.materials import MATERIALS
from models.tagging.occasions import OCCASIONS
from models.tagging.seasons import SEASONS


def found(lexicon: Lexicon, text: str) -> list[tuple[str, str]]:
    return [(match.value, text[match.start : match.end]) for match in lexicon.find(text)]


@pytest.mark.parametrize(
    ("lexicon", "text", "expected"),
    [
        (COLOURS, "Crimson saree", [("red", "Crimson")]),
        (COLOURS, "NAVY BLUE kurta", [("navy", "NAVY BLUE")]),
        (COLOURS, "Off white and gray", [("white", "Off white"), ("grey", "gray")]),
        (COLOURS, "coloured hundred redwood", []),
        (COLOURS, "লাল জামদানি", [("red", "লাল")]),
        (COLOURS, "গাঢ় নীল শাড়ি", [("navy", "গাঢ় নীল")]),
        (MATERIALS, "full grain leather wallet", [("leather", "full grain leather")]),
        (MATERIALS, "কাঠের খেলনা", [("wood", "কাঠের")]),
        (MATERIALS, "পোড়ামাটির ফুলদানি", [("terracotta", "পোড়ামাটির")]),
        (OCCASIONS, "Mug for Eid-ul-Fitr", [("eid", "Eid-ul-Fitr")]),
        (OCCASIONS, "জন্মদিনের উপহার", [("birthday", "জন্মদিনের")]),
        (OCCASIONS, "", []),
    ],
)
def test_words_are_found_where_they_stand(lexicon: Lexicon, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(lexicon, text) == expected


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_both_unicode_forms_are_found_and_offsets_count_the_text_as_written(form: str) -> None:
    text = unicodedata.normalize(form, "হাতে তৈরি গাঢ় নীল শাড়ি")
    ((value, words),) = found(COLOURS, text)
    assert value == "navy"
    assert unicodedata.normalize("NFC", words) == unicodedata.normalize("NFC", "গাঢ় নীল")


@pytest.mark.parametrize(
    ("lexicon", "text", "expected"),
    [
        (MATERIALS, "Leather look leggings", []),
        (MATERIALS, "Vegan leather journal", [("faux leather", "Vegan leather")]),
        (MATERIALS, "Not leather: cork wallet", [("cork", "cork")]),
        (MATERIALS, "Cotton candy scented candle", []),
        (MATERIALS, "Wood and resin tray", [("wood", "Wood"), ("resin", "resin")]),
        (COLOURS, "Wine glasses, set of six", []),
        (COLOURS, "Red and white saree", [("red", "Red"), ("white", "white")]),
        (OCCASIONS, "Running late clock", []),
        (GENDERS, "Women's cotton kurti", [("women", "Women")]),
        (GENDERS, "মেয়েদের জামা", []),
        (GENDERS, "মেয়ের জামা", [("girls", "মেয়ের")]),
        (GENDERS, "মেয়ে শিশুদের জামা", [("girls", "মেয়ে শিশুদের")]),
        (GENDERS, "ছেলে শিশুদের জামা", [("boys", "ছেলে শিশুদের")]),
        (GENDERS, "মহিলাদের শাল", [("women", "মহিলাদের")]),
        (SEASONS, "Summer dress for spring", [("summer", "Summer"), ("spring", "spring")]),
        (SEASONS, "Saree fall and pico", []),
        (MATERIALS, "Brass polish", []),
        (MATERIALS, "A bowl of brass. Polish it with a cloth", [("brass", "brass")]),
    ],
)
def test_words_that_are_taken_back_and_several_values(lexicon: Lexicon, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(lexicon, text) == expected


@pytest.mark.parametrize(
    ("colour", "wanted"),
    [
        ("Navy Blue", "blue"), ("navyblue", "blue"), ("lightgrey", "grey"), ("Gray", "grey"), ("offwhite", "white"),
        ("Dusty Rose", "pink"), ("wine red", "red"), ("army green", "green"), ("camouflage", None), ("", None),
        ("Black & White", "black"), ("orange & camouflage", "orange"), ("camouflage & orange", "orange"),
    ],
)  # fmt: skip
def test_family_of_a_colour_as_any_catalogue_writes_it(colour: str, wanted: str | None) -> None:
    assert family(colour) == wanted


TITLES = Path(__file__).parents[3] / "benchmarks"


@pytest.mark.parametrize(
    ("titles", "column", "lexicon"),
    [
        # The lexicon was made by these: they hold it to what it was made for.
        ("labelled_titles.tsv", 1, MATERIALS),
        ("labelled_titles.tsv", 2, OCCASIONS),
        ("fresh_titles.tsv", 1, MATERIALS),
        ("fresh_titles.tsv", 2, OCCASIONS),
        # Written apart from it, and judged when it was done.
        ("held_out_titles.tsv", 1, MATERIALS),
        ("held_out_titles.tsv", 2, OCCASIONS),
    ],
)
def test_what_titles_state_is_true_of_them(titles: str, column: int, lexicon: Lexicon) -> None:
    rows = [line.split("\t") for line in (TITLES / titles).read_text(encoding="utf-8").splitlines()[1:]]
    assert len(rows) >= 300
    truths = [set(row[column].split(",")) - {""} for row in rows]
    said = [(match.value, truth) for row, truth in zip(rows, truths, strict=True) for match in lexicon.find(row[0])]
    right = sum(value in truth for value, truth in said)
    assert right / len(said) >= 0.93
    assert right / sum(map(len, truths)) >= 0.85


def test_catalogue_gives_the_canonical_words() -> None:
    lexicon = COLOURS.adapted_to(["Navy Blue", "Blue", "Seafoam"])
    assert found(lexicon, "indigo on azure with seafoam, red seams") == [
        ("Navy Blue", "indigo"),
        ("Blue", "azure"),
        ("Seafoam", "seafoam"),
    ]


def test_shade_that_a_catalogue_does_not_name_is_the_colour_that_it_is_a_kind_of() -> None:
    lexicon = COLOURS.adapted_to(["Blue", "Red", "Off White", "White", "Pink"])
    text = "Navy cap, turquoise bead, maroon belt, off-white shirt, ivory cup"
    assert [value for value, _ in found(lexicon, text)] == ["Blue", "Blue", "Red", "Off White", "White"]
    assert found(lexicon, "rose gold ring") == [], "gold, of which this catalogue says nothing, and not the pink of a rose"


def test_what_a_catalogue_has_no_name_for_is_not_read_as_another_thing() -> None:
    lexicon = MATERIALS.adapted_to(["leather", "silk"])
    assert found(lexicon, "Vegan cactus leather wallet lined with art silk") == []
    assert found(lexicon, "Leather wallet lined with silk") == [("leather", "Leather"), ("silk", "silk")]


@pytest.mark.parametrize(
    "text",
    ["Pen rest in olive wood", "Olive oil soap", "Mustard seed necklace", "Coral reef poster", "Rust-proof garden sign",
     "Chocolate box gift hamper", "Rose petal bath bomb"],
)  # fmt: skip
def test_what_grows_or_is_eaten_is_no_colour(text: str) -> None:
    assert found(COLOURS, text) == []


@pytest.mark.parametrize(
    ("text", "colour"),
    [("Lavender bag with zip", "purple"), ("Camel leather belt", "beige"), ("Olive dish, small", "green"),
     ("Chocolate gift wrap", "brown"), ("Slate board", "grey")],
)  # fmt: skip
def test_ordinary_colours_of_things_are_read(text: str, colour: str) -> None:
    assert [value for value, _ in found(COLOURS, text)] == [colour]


def test_values_of_a_catalogue_come_before_phrases_that_are_silent_elsewhere() -> None:
    lexicon = COLOURS.adapted_to(["Coral Reef", "Rose Petal", "Orange", "Pink"])
    assert found(lexicon, "Coral Reef kurta with rose petal hem, coral") == [
        ("Coral Reef", "Coral Reef"),
        ("Rose Petal", "rose petal"),
        ("Orange", "coral"),
    ]
    assert found(lexicon, "Rose garden print") == []
    assert found(MATERIALS.adapted_to(["Gold"]), "Gold necklace, 18k gold clasp") == [("Gold", "18k gold")]


def test_a_shade_is_not_read_as_another_shade_of_what_both_are_kinds_of() -> None:
    assert found(COLOURS.adapted_to(["Sky Blue", "Rust"]), "Navy cap, maroon belt, teal bead") == []
    assert found(COLOURS.adapted_to(["নীল", "লাল"]), "Navy cap, maroon belt") == [("নীল", "Navy"), ("লাল", "maroon")]


def test_empty_lexicon_finds_nothing() -> None:
    assert Lexicon({}).find("red") == []
