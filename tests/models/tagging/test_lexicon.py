"""Words found in text: the span points to them, in any script and spelling."""

import unicodedata

import pytest

from models.tagging.colours import COLOURS
from models.tagging.lexicon import Lexicon
from models.tagging.materials import MATERIALS
from models.tagging.occasions import OCCASIONS


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


def test_catalogue_gives_the_canonical_words() -> None:
    lexicon = COLOURS.adapted_to(["Navy Blue", "Blue", "Seafoam"])
    assert found(lexicon, "indigo on azure with seafoam, red seams") == [
        ("Navy Blue", "indigo"),
        ("Blue", "azure"),
        ("Seafoam", "seafoam"),
    ]


def test_empty_lexicon_finds_nothing() -> None:
    assert Lexicon({}).find("red") == []
