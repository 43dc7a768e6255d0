"""What sellers write about their products, and the picture beside it.

Titles and descriptions say what a product is in the loose way sellers do: other names for colours and materials, words left
out, some titles in Bengali. The columns `colour`, `material` and `occasion`, and among the attributes style, season and gender,
hold the truth for most products.
"""

import json

import numpy as np

from marketplace.simulation import words
from marketplace.simulation.config import SimulationConfig
from marketplace.simulation.pictures import draw
from marketplace.simulation.wear import Wear, draw_wear

COLOUR_NAMES = tuple(words.COLOURS)
_TRUTH = ("true_colour", "true_material", "true_occasion", "true_season", "true_gender", "style")
_COLUMNS = ("title", "description", "language", "colour", "material", "occasion", "attributes", "picture_svg")


class Listings:
    """Texts, attribute columns and pictures of products, and the truth behind them; parts are asked for in order."""

    def __init__(self, config: SimulationConfig, leaf: np.ndarray, colour: np.ndarray, style: np.ndarray) -> None:
        self._rng, self._wear_rng = config.rng("listings"), config.rng("wear")
        self._of = leaf, colour, style

    def __call__(self, part: slice) -> tuple[dict[str, list], dict[str, list]]:
        """Columns of `shop.products` and of the truth for the products of `part`."""
        rng = self._rng
        columns: dict[str, list] = {name: [] for name in _COLUMNS}
        truth: dict[str, list] = {name: [] for name in _TRUTH}
        occasions = tuple(words.OCCASIONS)
        for leaf, colour_number, style in zip(*(values[part].tolist() for values in self._of), strict=True):
            kind, colour, style_name = words.LEAVES[leaf], COLOUR_NAMES[colour_number], words.STYLE_NAMES[style]
            material = kind.materials[int(rng.integers(len(kind.materials)))]
            is_wedding = kind.path.startswith("Wedding") and rng.random() < 0.8
            occasion = "wedding" if is_wedding else None
            if not is_wedding and rng.random() < 0.62:
                occasion = occasions[int(rng.integers(len(occasions)))]
            is_bengali = rng.random() < 0.08
            write = _bengali_text if is_bengali else _english_text
            wear = draw_wear(self._wear_rng, kind, material, is_bengali=is_bengali)
            title, description = write(rng, kind, colour, material, occasion, style, wear)
            row = (
                title,
                description,
                "bn" if is_bengali else "en",
                colour if rng.random() < 0.9 else None,
                material if rng.random() < 0.88 else None,
                occasion if rng.random() < 0.9 else None,
                json.dumps(({"style": style_name} if rng.random() < 0.6 else {}) | wear.attributes),
                draw(kind.shape, words.COLOURS[colour][0], style=style_name, rng=rng),
            )
            for values, value in zip(columns.values(), row, strict=True):
                values.append(value)
            planted = (colour, material, occasion, wear.season, wear.gender, style_name)
            for values, value in zip(truth.values(), planted, strict=True):
                values.append(value)
        return columns, truth


def _english_text(
    rng: np.random.Generator, kind: words.Leaf, colour: str, material: str, occasion: str | None, style: int, wear: Wear
) -> tuple[str, str]:
    """Title and description; each word is there with its own chance, and one description in thirty names another colour too."""

    def one(choices: tuple[str, ...]) -> str:
        return choices[int(rng.integers(len(choices)))]

    noun = one(kind.nouns) if rng.random() < 0.86 else one(("piece", "keepsake", "gift", "set"))
    parts = [one(words.TITLE_ADJECTIVES) if rng.random() < 0.55 else "", one(words.STYLES[style]) if rng.random() < 0.5 else ""]
    parts += [
        one(words.COLOURS[colour][1]) if rng.random() < 0.62 else "",
        one(words.MATERIAL_WORDS[material]) if rng.random() < 0.6 else "",
    ]
    parts += [wear.in_title, noun, f"for {one(words.OCCASIONS[occasion][0])}" if occasion and rng.random() < 0.5 else ""]
    parts += [one(words.TITLE_TAILS) if rng.random() < 0.3 else ""]
    title = " ".join(part for part in parts if part)
    sentences = [one(words.DESCRIPTION_OPENINGS)]
    sentences.append(
        f"A {one(words.STYLES[style])} {one(kind.nouns)} from {one(words.MATERIAL_WORDS[material])}."
        if rng.random() < 0.8
        else f"A {noun} you will keep."
    )
    if rng.random() < 0.75:
        sentences.append(f"Colour: {one(words.COLOURS[colour][1])}.")
    if rng.random() < 0.033:
        sentences.append(f"Also to order in {one(tuple(words.COLOURS))}.")
    if occasion and rng.random() < 0.7:
        sentences.append(f"Often given at {one(words.OCCASIONS[occasion][0])}.")
    sentences += [*wear.in_description, one(words.DESCRIPTION_CLOSINGS)]
    return title[0].upper() + title[1:], " ".join(sentences)


def _bengali_text(
    rng: np.random.Generator, kind: words.Leaf, colour: str, material: str, occasion: str | None, style: int, wear: Wear
) -> tuple[str, str]:
    """Title and description in Bengali; `style` shows only in the picture."""
    parts = [
        words.OCCASIONS[occasion][1] if occasion and rng.random() < 0.5 else "",
        words.COLOURS[colour][2] if rng.random() < 0.65 else "",
        words.MATERIALS_BN[material] if rng.random() < 0.6 else "",
        wear.in_title,
        kind.noun_bn,
    ]
    sentences = ["হাতে তৈরি, আপনার পছন্দমতো।", f"{words.MATERIALS_BN[material]} {kind.noun_bn}।", f"রং: {words.COLOURS[colour][2]}।"]
    if occasion:
        sentences.append(f"{words.OCCASIONS[occasion][1]} উপহার।")
    sentences += wear.in_description
    return " ".join(part for part in parts if part), " ".join(sentences)
