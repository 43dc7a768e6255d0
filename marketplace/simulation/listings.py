"""What sellers write about their products, and the picture beside it.

Titles and descriptions say what a product is in the loose way sellers do: other names for colours and materials, words left
out, some titles in Bengali. The columns `colour`, `material` and `occasion` hold the truth for most products.
"""

import json

import numpy as np

from marketplace.simulation import words
from marketplace.simulation.config import SimulationConfig
from marketplace.simulation.pictures import draw

COLOUR_NAMES = tuple(words.COLOURS)


def build_listings(
    config: SimulationConfig, leaf: np.ndarray, colour: np.ndarray, style: np.ndarray
) -> tuple[dict[str, list], dict[str, list]]:
    """Texts, attribute columns and pictures of all products, and the truth behind them."""
    rng = config.rng("listings")
    columns: dict[str, list] = {
        name: [] for name in ("title", "description", "language", "colour", "material", "occasion", "attributes", "picture_svg")
    }
    truth: dict[str, list] = {"true_colour": [], "true_material": [], "true_occasion": [], "style": []}
    occasions = tuple(words.OCCASIONS)
    for leaf_number, colour_number, style_number in zip(leaf.tolist(), colour.tolist(), style.tolist(), strict=True):
        kind, colour_name = words.LEAVES[leaf_number], COLOUR_NAMES[colour_number]
        material = kind.materials[int(rng.integers(len(kind.materials)))]
        is_wedding = kind.path.startswith("Wedding") and rng.random() < 0.8
        occasion = "wedding" if is_wedding else (occasions[int(rng.integers(len(occasions)))] if rng.random() < 0.62 else None)
        is_bengali = rng.random() < 0.08
        write = _bengali_text if is_bengali else _english_text
        title, description = write(rng, kind, colour_name, material, occasion, style_number)
        columns["title"].append(title)
        columns["description"].append(description)
        columns["language"].append("bn" if is_bengali else "en")
        columns["colour"].append(colour_name if rng.random() < 0.9 else None)
        columns["material"].append(material if rng.random() < 0.88 else None)
        columns["occasion"].append(occasion if rng.random() < 0.9 else None)
        columns["attributes"].append(json.dumps({"style": words.STYLE_NAMES[style_number]} if rng.random() < 0.6 else {}))
        columns["picture_svg"].append(
            draw(kind.shape, words.COLOURS[colour_name][0], style=words.STYLE_NAMES[style_number], rng=rng)
        )
        for name, value in zip(truth, (colour_name, material, occasion, words.STYLE_NAMES[style_number]), strict=True):
            truth[name].append(value)
    return columns, truth


def _english_text(
    rng: np.random.Generator, kind: words.Leaf, colour: str, material: str, occasion: str | None, style: int
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
    parts += [noun, f"for {one(words.OCCASIONS[occasion][0])}" if occasion and rng.random() < 0.5 else ""]
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
    sentences.append(one(words.DESCRIPTION_CLOSINGS))
    return title[0].upper() + title[1:], " ".join(sentences)


def _bengali_text(
    rng: np.random.Generator, kind: words.Leaf, colour: str, material: str, occasion: str | None, style: int
) -> tuple[str, str]:
    """Title and description in Bengali; `style` shows only in the picture."""
    parts = [
        words.OCCASIONS[occasion][1] if occasion and rng.random() < 0.5 else "",
        words.COLOURS[colour][2] if rng.random() < 0.65 else "",
        words.MATERIALS_BN[material] if rng.random() < 0.6 else "",
        kind.noun_bn,
    ]
    sentences = ["হাতে তৈরি, আপনার পছন্দমতো।", f"{words.MATERIALS_BN[material]} {kind.noun_bn}।", f"রং: {words.COLOURS[colour][2]}।"]
    if occasion:
        sentences.append(f"{words.OCCASIONS[occasion][1]} উপহার।")
    return " ".join(part for part in parts if part), " ".join(sentences)
