"""Values of an attribute found as words of the text: the span is the evidence, so a seller can see why."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.tagging.text import WORD

# Bengali words take case endings (কাঠ, কাঠের); English colours and materials rarely change.
_BENGALI_ENDINGS = ("য়ের", "য়ের", "ের", "তে", "র", "ে", "ি")
_IS_BENGALI = re.compile(r"[\u0980-\u09ff]")


@dataclass(frozen=True)
class Match:
    """Words at [start, end) of the text that state `value`."""

    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Token:
    """A word of a text, in the form in which it is looked up, at [start, end)."""

    word: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a text; offsets count the text as it was written."""
    return [Token(_looked_up(found[0]), found.start(), found.end()) for found in WORD.finditer(text)]


class Lexicon:
    """Canonical values of one attribute and the words that state them.

    Args:
        words: the synonyms of each value, beside its own name.
        silent: phrases that state nothing though they hold a word that does: of two phrases at one place the longer counts. A
            value's own name among them states nothing by itself (gold, of materials).
        not_before: words that take the meaning away from the one before them (leather *look*).
        not_after: words that take it away from the next one (*faux* leather).
        broader: the names of what a value is a kind of (navy, of blue): a catalogue without navy calls such things blue.
    """

    def __init__(
        self,
        words: Mapping[str, Sequence[str]],
        *,
        silent: Sequence[str] = (),
        not_before: Sequence[str] = (),
        not_after: Sequence[str] = (),
        broader: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.words = {value: tuple(dict.fromkeys((value, *synonyms))) for value, synonyms in words.items()}
        self.silent, self.not_before, self.not_after = tuple(silent), tuple(not_before), tuple(not_after)
        self.broader = dict(broader or {})
        values: dict[tuple[str, ...], str | None] = {
            _phrase(spelling): value for value, spellings in self.words.items() for spelling in spellings
        }
        values |= dict.fromkeys(map(_phrase, silent))
        self._by_first: dict[str, list[tuple[tuple[str, ...], str | None]]] = {}
        for phrase in sorted((phrase for phrase in values if phrase), key=lambda phrase: (-len(phrase), phrase)):
            self._by_first.setdefault(phrase[0], []).append((phrase, values[phrase]))
        self._before, self._after = frozenset(not_before), frozenset(not_after)

    def adapted_to(self, values: Iterable[str]) -> "Lexicon":
        """The lexicon in the words of one catalogue: its values are canonical, and what it does not use is left out.

        A value that is only a synonym here (olive, of green) becomes one of its own; a value that is unknown here is found
        where it is written out, were it a phrase that is silent elsewhere (coral reef). Words of a value that is left out state
        nothing: faux leather is no leather where that has no name of its own either.
        """
        own = {_phrase(value): value for value in sorted(set(values))}
        adapted: dict[str, list[str]] = {value: [] for value in own.values()}
        silent = [phrase for phrase in self.silent if _phrase(phrase) not in own or phrase in self.words]
        for value, spellings in self.words.items():
            named = map(_phrase, (*spellings, *self.broader.get(value, ())))
            home = next((own[name] for name in named if name in own), None)
            known = silent if home is None else adapted[home]
            known += [spelling for spelling in spellings if _phrase(spelling) not in own]
        return Lexicon(adapted, silent=silent, not_before=self.not_before, not_after=self.not_after)

    def find(self, text: str) -> list[Match]:
        """All matches from left to right, the longest words first where several begin at one place."""
        return self.find_in(tokens(text))

    def find_in(self, found: Sequence[Token]) -> list[Match]:
        """The same for a text whose words are known already."""
        matches: list[Match] = []
        # Most words begin no phrase, and this is asked of every word of a catalogue.
        known = self._by_first
        at = next((at for at, token in enumerate(found) if token.word in known or not token.word.isascii()), len(found))
        while at < len(found):
            phrase, value = self._at(found, at)
            if value is not None and not self._is_taken_back(found, at, at + len(phrase)):
                matches.append(Match(value, found[at].start, found[at + len(phrase) - 1].end))
            at += max(1, len(phrase))
        return matches

    def _at(self, found: Sequence[Token], at: int) -> tuple[tuple[str, ...], str | None]:
        for first in _forms(found[at].word):
            for phrase, value in self._by_first.get(first, ()):
                rest = found[at + 1 : at + len(phrase)]
                if len(rest) == len(phrase) - 1 and all(
                    own in _forms(token.word) for own, token in zip(phrase[1:], rest, strict=True)
                ):
                    return phrase, value
        return (), None

    def _is_taken_back(self, found: Sequence[Token], start: int, end: int) -> bool:
        is_before = end < len(found) and found[end].word in self._before and _are_neighbours(found[end - 1], found[end])
        return is_before or (
            start > 0 and found[start - 1].word in self._after and _are_neighbours(found[start - 1], found[start])
        )


def _are_neighbours(one: Token, other: Token) -> bool:
    """Whether nothing but a space or a hyphen stands between: "of brass. Polish it" says nothing of brass polish."""
    return other.start - one.end <= 1


def _looked_up(word: str) -> str:
    return word.casefold() if word.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())


def _phrase(spelling: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokens(spelling))


def _forms(word: str) -> tuple[str, ...]:
    """The word, and what is left of a Bengali one without its ending."""
    if word.isascii() or not _IS_BENGALI.match(word):
        return (word,)
    endings = (unicodedata.normalize("NFC", ending) for ending in _BENGALI_ENDINGS)
    return (word, *(word.removesuffix(ending) for ending in endings if word.endswith(ending)))
