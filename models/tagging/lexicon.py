"""Values of an attribute found as words of the text: the span is the evidence, so a seller can see why."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Bengali words take case endings (কাঠ, কাঠের); English colours and materials rarely change.
_BENGALI_ENDINGS = "(?:য়ের|য়ের|ের|র|ে|ি|তে)?"
_IS_BENGALI = re.compile(r"[\u0980-\u09ff]")
# Neither a letter, a digit nor a Bengali sign may touch the word.
_INSIDE = r"[\w\u0980-\u09ff]"


@dataclass(frozen=True)
class Match:
    """Words at [start, end) of the text that state `value`."""

    value: str
    start: int
    end: int


class Lexicon:
    """Canonical values of one attribute and the words that state them."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self.words = {value: tuple(dict.fromkeys((value, *synonyms))) for value, synonyms in words.items()}
        # Spellings in both Unicode forms, since offsets must count the text as it was written.
        self._values = {
            form.casefold(): value
            for value, spellings in self.words.items()
            for spelling in spellings
            for form in (unicodedata.normalize("NFC", spelling), unicodedata.normalize("NFD", spelling), spelling)
        }
        longest_first = sorted(self._values, key=lambda spelling: (-len(spelling), spelling))
        pattern = "|".join(f"({_spelled(spelling)})" for spelling in longest_first)
        self._by_group = [self._values[spelling] for spelling in longest_first]
        self._pattern = re.compile(rf"(?<!{_INSIDE})(?:{pattern})(?!{_INSIDE})", re.IGNORECASE)

    def adapted_to(self, values: Iterable[str]) -> "Lexicon":
        """The lexicon in the words of one catalogue: its values are canonical, and what it does not use is left out.

        A value that is only a synonym here (navy, of blue) becomes one of its own; a value that is unknown here is found
        where it is written out.
        """
        own = {value.casefold(): value for value in sorted(set(values))}
        adapted: dict[str, list[str]] = {value: [] for value in own.values()}
        for spellings in self.words.values():
            home = next((own[name] for spelling in spellings if (name := spelling.casefold()) in own), None)
            for spelling in spellings:
                if home is not None and spelling.casefold() not in own:
                    adapted[home].append(spelling)
        return Lexicon(adapted)

    def find(self, text: str) -> list[Match]:
        """All matches from left to right, the longest words first where several begin at one place."""
        if not self._by_group:
            return []
        return [
            Match(self._by_group[found.lastindex - 1], found.start(), found.end())
            for found in self._pattern.finditer(text)
            if found.lastindex
        ]


def _spelled(spelling: str) -> str:
    """A pattern for one spelling, in which any blank or hyphen stands for any other."""
    words = r"[\s\-]+".join(re.escape(word) for word in re.split(r"[\s\-]+", spelling))
    return words + (_BENGALI_ENDINGS if _IS_BENGALI.search(spelling) else "")
