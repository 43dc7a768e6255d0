"""Words that say whom a thing is made for, in English and Bengali."""

from models.tagging.lexicon import Lexicon

GENDERS = Lexicon(
    {
        "men": ("man", "mens", "gents", "gentlemen", "male", "groom", "for him", "পুরুষ", "পুরুষদের"),
        "women": ("woman", "womens", "ladies", "lady", "female", "bridal", "for her", "নারী", "নারীদের", "মহিলা", "মহিলাদের"),
        "boys": ("boy", "baby boy", "baby boys", "ছেলে", "ছেলে শিশুদের"),
        "girls": ("girl", "baby girl", "baby girls", "মেয়ে", "মেয়ে শিশুদের"),
        "unisex": ("men and women", "women and men", "boys and girls", "men women"),
    },
    silent=("spider man", "tin man", "iron man", "lady finger", "lady bird", "boy friend"),
)
