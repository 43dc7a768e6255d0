"""Occasion words in English and Bengali: days that people give presents for."""

from models.tagging.lexicon import Lexicon

OCCASIONS = Lexicon(
    {
        "birthday": ("bday", "bday gift", "birth day", "জন্মদিন"),
        "wedding": ("bridal", "bride", "groom", "marriage", "holud night", "gaye holud", "বিয়ে", "বিবাহ", "গায়ে হলুদ"),
        "anniversary": ("couple gift", "বিবাহবার্ষিকী", "বার্ষিকী"),
        "eid": ("eid gift", "eid mubarak", "eid-ul-fitr", "eid-ul-adha", "ramadan", "ঈদ", "রমজান"),
        "pohela boishakh": ("boishakhi", "boishakh", "bengali new year", "বৈশাখ", "পহেলা বৈশাখ"),
        "puja": ("durga puja", "diwali", "পূজা"),
        "housewarming": ("house warming", "new home", "নতুন বাড়ি"),
        "graduation": ("convocation", "সমাবর্তন"),
        "baby shower": ("newborn gift", "নবজাতক"),
        "valentine": ("valentines", "valentine's day", "ভালোবাসা দিবস"),
        "mother's day": ("mothers day", "মা দিবস"),
        "christmas": ("xmas", "বড়দিন"),
        "casual": ("everyday", "daily wear"),
        "formal": ("office wear", "business"),
        "party": ("festive", "পার্টি"),
        "sports": ("gym", "running", "training"),
        "travel": (),
    }
)
