"""Colour words in English and Bengali; shades that shops use as values of their own stay apart, and have a family each."""

import re

from models.tagging.lexicon import Lexicon

COLOURS = Lexicon(
    {
        "red": ("crimson", "scarlet", "cherry red", "brick red", "rose red", "লাল"),
        "maroon": ("burgundy", "wine", "wine red", "bordeaux", "মেরুন"),
        "orange": ("tangerine", "rust", "coral", "peach", "apricot", "কমলা"),
        "yellow": ("mustard", "lemon yellow", "turmeric", "saffron", "হলুদ"),
        "green": (
            "emerald", "olive", "lime", "mint", "khaki green", "army green", "sea green", "dark green", "light green", "সবুজ",
        ),
        "teal": ("turquoise", "turquoise blue", "aqua", "ফিরোজা"),
        "blue": ("sky blue", "light blue", "azure", "royal blue", "cobalt", "steel blue", "নীল", "আসমানি"),
        "navy": ("navy blue", "indigo", "midnight blue", "dark blue", "গাঢ় নীল"),
        "purple": ("violet", "plum", "lavender", "mauve", "lilac", "বেগুনি"),
        "pink": ("rose", "blush", "magenta", "fuchsia", "hot pink", "গোলাপি", "গোলাপী"),
        "brown": ("chestnut", "chocolate", "coffee brown", "tan", "walnut", "mocha", "khaki", "taupe", "বাদামি", "বাদামী"),
        "beige": ("sand", "camel", "nude", "ecru", "skin"),
        "gold": ("golden", "gold-plated", "antique gold", "rose gold", "সোনালি", "সোনালী"),
        "silver": ("silvery", "silver-plated", "রুপালি", "রূপালী"),
        "bronze": ("copper", "metallic", "তামাটে"),
        "white": ("ivory", "cream", "off-white", "pearl white", "সাদা"),
        "black": ("jet black", "charcoal", "ebony", "কালো"),
        "grey": ("gray", "ash", "slate", "silver grey", "steel grey", "charcoal grey", "stone grey", "ধূসর", "ছাই রঙ"),
        "multicolour": (
            "multicolor", "multi-colored", "multi-coloured", "multicoloured", "multicolored", "multi", "rainbow", "রঙিন",
        ),
    },
    silent=(
        "wine glass", "wine glasses", "wine bottle", "wine rack", "gold's", "silver jubilee", "golden retriever",
        # what grows, is eaten or smells so rather than what looks so
        "rose water", "rose petal", "rose petals", "rose garden", "rose bush", "olive wood", "olive oil", "olive branch",
        "olive tree", "mustard seed", "mustard oil", "chocolate box", "chocolate bar", "chocolate bars", "chocolate cake",
        "chocolate mould", "lime wash", "mint leaf", "mint leaves", "mint tea", "coral reef", "lavender oil", "lavender soap",
        "lavender sachet", "lavender sachets", "plum pudding", "peach cobbler", "saffron rice", "turmeric soap",
        "orange peel", "orange slice", "orange slices",
        "rust proof", "rust free", "rust resistant", "ash tray", "ash wood", "camel bone", "skin care", "goat skin",
        "sheep skin", "sand timer", "sand castle",
    ),
    not_before=("juice", "tea", "candle", "scented"),
    # With their translations, but not with shades: navy is no sky blue.
    broader={
        "maroon": ("red", "লাল"), "navy": ("blue", "নীল"), "teal": ("blue", "নীল"), "bronze": ("brown", "বাদামি", "বাদামী"),
    },
)  # fmt: skip

# The family of each value above: the same in every catalogue, whatever it calls its shades.
_FAMILIES = {"maroon": "red", "navy": "blue", "teal": "blue", "gold": "yellow", "silver": "grey", "bronze": "brown"}
_BY_SPELLING = {spelling: value for value, spellings in COLOURS.words.items() for spelling in spellings}


def family(colour: str) -> str | None:
    """The family of a colour as some catalogue writes it (`Navy Blue`, `navyblue`, `light-blue`), None for an unknown one.

    A value that only ends in a known colour is of that one: whatever a dusty blue is, it is blue. Of several colours (`black &
    white`) the first counts, the main one.
    """
    parts = (_family_of_one(part) for part in re.split(r"&|/|,|\band\b", colour.casefold()))
    return next((found for found in parts if found is not None), None)


def _family_of_one(colour: str) -> str | None:
    words = colour.replace("-", " ").split()
    endings = (" ".join(words[start:]) for start in range(len(words)))
    value = next((_BY_SPELLING[ending] for ending in endings if ending in _BY_SPELLING), None)
    if value is None:
        together = "".join(words)
        value = next((value for spelling, value in _SPELT_TOGETHER if together.endswith(spelling)), None)
    return None if value is None else _FAMILIES.get(value, value)


# Longest first, so that `offwhite` is not read as the end of another word.
_SPELT_TOGETHER = sorted(
    ((spelling.replace(" ", "").replace("-", ""), value) for spelling, value in _BY_SPELLING.items() if len(spelling) > 2),
    key=lambda pair: (-len(pair[0]), pair),
)
