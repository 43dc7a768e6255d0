"""The words that show a suggested tag, in their surroundings, as a page marks them."""

from dataclasses import dataclass

from marketplace.vocabulary import TagEvidence
from storefront_api.tagging.schemas import TagSuggestion

_AROUND = 28


@dataclass(frozen=True)
class ShownWords:
    """The evidence with a few words before and after it; `place` is title or description."""

    place: str
    before: str
    words: str
    after: str


def shown_words(suggestion: TagSuggestion, title: str, description: str) -> ShownWords | None:
    """Where the listing says it; None where no word does, or the listing's words are others by now."""
    text = {TagEvidence.TITLE: title, TagEvidence.DESCRIPTION: description}.get(suggestion.source)
    start, end = suggestion.evidence_start, suggestion.evidence_end
    if text is None or start is None or end is None or text[start:end] != suggestion.evidence:
        return None
    first, last = _word_break(text, start - _AROUND, -1), _word_break(text, end + _AROUND, 1)
    before, after = text[first:start].lstrip(), text[end:last].rstrip()
    return ShownWords(
        suggestion.source.value,
        ("… " if first > 0 else "") + before,
        text[start:end],
        after + (" …" if last < len(text) else ""),
    )


def _word_break(text: str, position: int, step: int) -> int:
    """The next blank from `position` on in this direction, or the end of the text."""
    while 0 < position < len(text) and not text[position].isspace():
        position += step
    return max(0, min(len(text), position))
