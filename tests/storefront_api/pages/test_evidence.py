"""The words that show a tag, cut from their surroundings."""

from typing import Any

import pytest

from storefront_api.pages.evidence import ShownWords, shown_words
from storefront_api.pages.templating import environment
from storefront_api.tagging.schemas import TagSuggestion

TITLE = "Hand-painted blue cup for the first day of school and the last one"


def suggestion(**given: Any) -> TagSuggestion:
    about = {
        "tag_suggestion_id": "t",
        "attribute": "colour",
        "value": "blue",
        "label": "blue",
        "probability": 0.9,
        "source": "title",
    }
    said = {
        "evidence": "blue",
        "evidence_start": 13,
        "evidence_end": 17,
        "is_inferred": False,
        "is_sure": True,
        "alternatives": [],
    }
    return TagSuggestion.model_validate(about | said | given)


def test_words_come_with_whole_words_around_them() -> None:
    assert shown_words(suggestion(), TITLE, "") == ShownWords(
        "title", "Hand-painted ", "blue", " cup for the first day of school …"
    )
    late = shown_words(suggestion(evidence="one", evidence_start=63, evidence_end=66), TITLE, "")
    assert late == ShownWords("title", "… day of school and the last ", "one", "")


def test_bengali_words_are_cut_at_blanks() -> None:
    title = "হাতে আঁকা নীল কাপ"
    start = title.index("নীল")
    found = shown_words(suggestion(evidence="নীল", evidence_start=start, evidence_end=start + 3), title, "")
    assert found == ShownWords("title", "হাতে আঁকা ", "নীল", " কাপ")


@pytest.mark.parametrize(
    "given", [{"source": "picture"}, {"source": "inferred"}, {"evidence": "navy"}, {"source": "description"}]
)
def test_nothing_is_marked_that_does_not_stand_there(given: dict[str, Any]) -> None:
    assert shown_words(suggestion(**given), TITLE, "") is None


@pytest.mark.parametrize(
    ("probability", "said"), [(0.9, "90 % sure"), (0.9949, "99 % sure"), (0.995, "over 99 % sure"), (1, "over 99 % sure")]
)
def test_nothing_that_was_learned_is_certain(probability: float, said: str) -> None:
    template = environment().get_template("seller/listings/parts_of_tags.html")
    evidence = template.module.evidence  # type: ignore[attr-defined]
    assert evidence(suggestion(probability=probability, source="picture"), None) == f"seen in the picture, {said}"
