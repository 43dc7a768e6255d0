"""Season words in English and Bengali."""

from models.tagging.lexicon import Lexicon

SEASONS = Lexicon(
    {
        "summer": ("summery", "গ্রীষ্ম", "গরম"),
        "monsoon": ("rainy season", "বর্ষা"),
        "fall": ("autumn", "শরৎ", "হেমন্ত"),
        "winter": ("শীত",),
        "spring": ("বসন্ত",),
    },
    silent=("saree fall", "fall pico", "spring mattress", "spring roll", "box spring", "spring loaded"),
)
