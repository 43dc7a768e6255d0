"""Colour words in English and Bengali; shades that shops use as values of their own stay apart."""

from models.tagging.lexicon import Lexicon

COLOURS = Lexicon(
    {
        "red": ("crimson", "scarlet", "cherry red", "লাল"),
        "maroon": ("burgundy", "wine", "bordeaux", "মেরুন"),
        "orange": ("tangerine", "rust", "coral", "peach", "কমলা"),
        "yellow": ("mustard", "lemon yellow", "turmeric", "saffron", "হলুদ"),
        "green": ("emerald", "olive", "lime", "mint", "khaki green", "সবুজ"),
        "teal": ("turquoise", "aqua", "sea green", "ফিরোজা"),
        "blue": ("sky blue", "azure", "royal blue", "cobalt", "নীল", "আসমানি"),
        "navy": ("navy blue", "indigo", "midnight blue", "dark blue", "গাঢ় নীল"),
        "purple": ("violet", "plum", "lavender", "mauve", "lilac", "বেগুনি"),
        "pink": ("rose", "blush", "magenta", "fuchsia", "hot pink", "গোলাপি", "গোলাপী"),
        "brown": ("chestnut", "chocolate", "coffee brown", "tan", "walnut", "mocha", "বাদামি", "বাদামী"),
        "beige": ("sand", "camel", "nude", "ecru"),
        "gold": ("golden", "gold-plated", "antique gold", "সোনালি", "সোনালী"),
        "silver": ("silvery", "silver-plated", "রুপালি", "রূপালী"),
        "bronze": ("copper", "তামাটে"),
        "white": ("ivory", "cream", "off-white", "pearl white", "সাদা"),
        "black": ("jet black", "charcoal", "ebony", "কালো"),
        "grey": ("gray", "ash", "slate", "ধূসর", "ছাই রঙ"),
        "multicolour": ("multicolor", "multi-coloured", "multicoloured", "multi", "rainbow", "রঙিন"),
    }
)
