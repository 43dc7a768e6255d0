"""For whom a piece is made and for which season, where its category has such a thing, and how its maker says so.

It is drawn from a stream of its own, so that all else about a marketplace is as it would be without.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marketplace.simulation import words


@dataclass(frozen=True)
class Wear:
    """`gender` and `season` are true of the piece, None where its category has none; `attributes` are what the seller filled in.

    `in_title` goes before the noun; `in_description` are whole sentences.
    """

    gender: str | None
    season: str | None
    in_title: str
    in_description: tuple[str, ...]
    attributes: dict[str, str]


def draw_wear(rng: np.random.Generator, kind: words.Leaf, material: str, *, is_bengali: bool) -> Wear:
    """For whom and for when one piece of this kind and material is."""
    gender = _one(rng, next((of for path, of in words.GENDERS_OF.items() if kind.path.startswith(path)), ()))
    season = _one(rng, words.SEASONS_OF[material] if kind.path.startswith(words.WITH_SEASONS) else ())
    language = 1 if is_bengali else 0
    said: list[str] = []
    sentences: list[str] = []
    attributes: dict[str, str] = {}
    for name, value, spoken, sentence in (
        ("gender", gender, words.GENDERS, ("Made for {}.", "{} জন্য।")),
        ("season", season, words.SEASONS, ("For {} days.", "{} দিনের জন্য।")),
    ):
        if value is None:
            continue
        of_title, of_sentence = spoken[value][language]
        said += [_one(rng, of_title) or ""] if rng.random() < 0.35 else []
        sentences += [sentence[language].format(of_sentence)] if rng.random() < 0.3 else []
        attributes |= {name: value} if rng.random() < 0.85 else {}
    return Wear(gender, season, " ".join(said), tuple(sentences), attributes)


def _one(rng: np.random.Generator, choices: Sequence[str]) -> str | None:
    return choices[int(rng.integers(len(choices)))] if choices else None
