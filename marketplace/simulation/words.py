"""The vocabulary of the made-up catalogue: categories, colours, materials, occasions, styles and their other names.

A word list is data: it stays in one place so that titles, attributes, searches and pictures speak of the same things.
"""

# ruff: noqa: E501 (Bengali letters count as several, so rows of the tables look longer than they are)

from dataclasses import dataclass


@dataclass(frozen=True)
class Leaf:
    """One leaf category; prices in whole taka, `shape` names its drawing in `pictures.py`."""

    path: str
    name_bn: str
    nouns: tuple[str, ...]
    noun_bn: str
    materials: tuple[str, ...]
    price: int
    shape: str
    options: str  # letters: e engraving, s size, c colour, p photo, n name embroidery


LEAVES: tuple[Leaf, ...] = (
    Leaf("Home > Kitchen > Mugs", "মগ", ("mug", "coffee cup", "tea cup"), "মগ", ("ceramic", "terracotta", "brass"), 450, "mug", "ecp"),
    Leaf("Home > Kitchen > Serving Boards", "কাঠের বোর্ড", ("serving board", "chopping board", "cheese board"), "কাঠের বোর্ড",
         ("wood", "bamboo"), 1200, "board", "es"),
    Leaf("Home > Kitchen > Tableware", "থালা বাসন", ("dinner plate", "bowl set", "thali"), "থালা", ("brass", "terracotta", "ceramic"),
         1600, "bowl", "es"),
    Leaf("Home > Decor > Vases", "ফুলদানি", ("vase", "flower pot", "planter"), "ফুলদানি", ("terracotta", "ceramic", "brass"), 900,
         "vase", "sc"),
    Leaf("Home > Decor > Wall Hangings", "দেয়াল সজ্জা", ("wall hanging", "macrame panel", "wall decor"), "দেয়াল সজ্জা",
         ("jute", "cotton", "bamboo"), 1100, "hanging", "sc"),
    Leaf("Home > Decor > Lamps", "বাতি", ("table lamp", "lantern", "lampshade"), "বাতি", ("bamboo", "brass", "jute"), 1900, "lamp", "s"),
    Leaf("Home > Textiles > Nakshi Kantha", "নকশি কাঁথা", ("nakshi kantha", "embroidered quilt", "kantha throw"), "নকশি কাঁথা",
         ("cotton", "silk"), 3800, "quilt", "nsc"),
    Leaf("Home > Textiles > Cushion Covers", "কুশন কভার", ("cushion cover", "pillow cover", "throw pillow"), "কুশন কভার",
         ("cotton", "jute", "silk"), 650, "cushion", "npc"),
    Leaf("Home > Textiles > Table Runners", "টেবিল রানার", ("table runner", "placemat set", "tablecloth"), "টেবিল রানার",
         ("jute", "cotton"), 800, "runner", "ns"),
    Leaf("Clothing > Women > Jamdani Sarees", "জামদানি শাড়ি", ("jamdani saree", "handloom sari", "jamdani"), "জামদানি শাড়ি",
         ("cotton", "silk", "muslin"), 7500, "saree", "c"),
    Leaf("Clothing > Women > Shawls", "শাল", ("shawl", "stole", "wrap"), "শাল", ("silk", "wool", "cotton"), 2200, "shawl", "nc"),
    Leaf("Clothing > Women > Kurtis", "কুর্তি", ("kurti", "tunic", "block print kameez"), "কুর্তি", ("cotton", "muslin"), 1500,
         "shirt", "sc"),
    Leaf("Clothing > Men > Panjabis", "পাঞ্জাবি", ("panjabi", "kurta", "embroidered panjabi"), "পাঞ্জাবি", ("cotton", "silk", "muslin"),
         2400, "shirt", "nsc"),
    Leaf("Clothing > Men > T-Shirts", "টি-শার্ট", ("t-shirt", "printed tee", "graphic tee"), "টি-শার্ট", ("cotton",), 600, "tee", "spc"),
    Leaf("Clothing > Children > Baby Sets", "শিশুর পোশাক", ("baby set", "baby dress", "newborn set"), "শিশুর পোশাক", ("cotton", "muslin"),
         900, "tee", "ns"),
    Leaf("Jewellery > Necklaces", "হার", ("necklace", "pendant", "locket chain"), "হার", ("silver", "brass", "terracotta"), 1400,
         "necklace", "ep"),
    Leaf("Jewellery > Earrings", "কানের দুল", ("earrings", "jhumka", "ear studs"), "কানের দুল", ("silver", "brass", "terracotta"), 550,
         "earrings", "c"),
    Leaf("Jewellery > Bangles", "চুড়ি", ("bangle set", "bracelet", "cuff"), "চুড়ি", ("brass", "silver", "wood"), 800, "bangle", "es"),
    Leaf("Jewellery > Rings", "আংটি", ("ring", "finger ring", "signet"), "আংটি", ("silver", "brass"), 1100, "ring", "es"),
    Leaf("Bags > Leather > Wallets", "মানিব্যাগ", ("wallet", "card holder", "billfold"), "মানিব্যাগ", ("leather",), 1300, "wallet", "ec"),
    Leaf("Bags > Leather > Satchels", "চামড়ার ব্যাগ", ("satchel", "messenger bag", "office bag"), "চামড়ার ব্যাগ", ("leather",), 5200,
         "bag", "ec"),
    Leaf("Bags > Jute Bags", "পাটের ব্যাগ", ("jute bag", "tote bag", "shopping bag"), "পাটের ব্যাগ", ("jute", "cotton"), 480, "tote", "pc"),
    Leaf("Bags > Pouches", "থলে", ("pouch", "clutch", "cosmetic purse"), "থলে", ("silk", "jute", "leather"), 520, "pouch", "nc"),
    Leaf("Stationery > Notebooks", "খাতা", ("notebook", "journal", "diary"), "খাতা", ("paper", "leather", "jute"), 420, "book", "ec"),
    Leaf("Stationery > Greeting Cards", "শুভেচ্ছা কার্ড", ("greeting card", "wish card", "invitation card"), "শুভেচ্ছা কার্ড", ("paper",),
         120, "card", "ep"),
    Leaf("Stationery > Pens", "কলম", ("pen", "ballpoint", "fountain pen"), "কলম", ("wood", "brass", "bamboo"), 380, "pen", "e"),
    Leaf("Toys > Dolls", "পুতুল", ("doll", "rag doll", "puppet"), "পুতুল", ("cotton", "jute", "wood"), 700, "doll", "nc"),
    Leaf("Toys > Wooden Toys", "কাঠের খেলনা", ("wooden toy", "pull-along toy", "building blocks"), "কাঠের খেলনা", ("wood", "bamboo"), 950,
         "toy", "e"),
    Leaf("Toys > Puzzles", "ধাঁধা", ("puzzle", "name puzzle", "jigsaw"), "ধাঁধা", ("wood", "paper"), 600, "puzzle", "ep"),
    Leaf("Art > Paintings", "চিত্রকর্ম", ("painting", "rickshaw art", "canvas"), "চিত্রকর্ম", ("canvas", "paper"), 3200, "painting", "sp"),
    Leaf("Art > Sculptures", "ভাস্কর্য", ("sculpture", "figurine", "statue"), "ভাস্কর্য", ("terracotta", "brass", "wood"), 2600,
         "sculpture", "e"),
    Leaf("Art > Portraits", "প্রতিকৃতি", ("portrait", "caricature", "line drawing"), "প্রতিকৃতি", ("paper", "canvas"), 2100, "portrait",
         "ps"),
    Leaf("Gifts > Photo Frames", "ছবির ফ্রেম", ("photo frame", "picture frame", "collage frame"), "ছবির ফ্রেম",
         ("wood", "brass", "bamboo"), 850, "frame", "eps"),
    Leaf("Gifts > Key Rings", "চাবির রিং", ("key ring", "keychain", "key fob"), "চাবির রিং", ("leather", "brass", "wood"), 220, "keyring",
         "e"),
    Leaf("Gifts > Hampers", "উপহার বাক্স", ("gift hamper", "gift box", "care basket"), "উপহার বাক্স", ("jute", "bamboo", "paper"), 2300,
         "hamper", "e"),
    Leaf("Wedding > Gaye Holud Trays", "গায়ে হলুদের ডালা", ("gaye holud tray", "dala", "decorated tray"), "ডালা",
         ("bamboo", "brass", "terracotta"), 1800, "tray", "nc"),
)  # fmt: skip

TOPS_BN = {
    "Home": "ঘর", "Clothing": "পোশাক", "Jewellery": "গহনা", "Bags": "ব্যাগ", "Stationery": "লেখার সামগ্রী", "Toys": "খেলনা",
    "Art": "শিল্প", "Gifts": "উপহার", "Wedding": "বিয়ে", "Kitchen": "রান্নাঘর", "Decor": "সাজসজ্জা", "Textiles": "বস্ত্র",
    "Women": "নারী", "Men": "পুরুষ", "Children": "শিশু", "Leather": "চামড়া",
}  # fmt: skip

# name -> (drawn colour, words in titles, Bengali word)
COLOURS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "red": ("#c8323c", ("red", "crimson", "scarlet"), "লাল"),
    "maroon": ("#7d2230", ("maroon", "burgundy", "wine"), "মেরুন"),
    "orange": ("#e0762d", ("orange", "tangerine", "rust"), "কমলা"),
    "yellow": ("#e8b931", ("yellow", "mustard", "turmeric"), "হলুদ"),
    "green": ("#3f8f57", ("green", "emerald", "olive"), "সবুজ"),
    "blue": ("#3a6fb5", ("blue", "sky blue", "azure"), "নীল"),
    "navy": ("#22335e", ("navy", "indigo", "midnight blue"), "গাঢ় নীল"),
    "purple": ("#74479c", ("purple", "violet", "plum"), "বেগুনি"),
    "pink": ("#de7fa0", ("pink", "rose", "blush"), "গোলাপি"),
    "brown": ("#86572f", ("brown", "chestnut", "walnut"), "বাদামি"),
    "gold": ("#c99a3b", ("gold", "golden", "antique gold"), "সোনালি"),
    "white": ("#f2efe6", ("white", "ivory", "cream"), "সাদা"),
    "black": ("#2c2a29", ("black", "jet black", "charcoal"), "কালো"),
    "grey": ("#8a8d91", ("grey", "gray", "ash"), "ধূসর"),
}

MATERIAL_WORDS: dict[str, tuple[str, ...]] = {
    "ceramic": ("ceramic", "stoneware"), "terracotta": ("terracotta", "clay", "poramati"), "brass": ("brass", "kansa", "pitol"),
    "wood": ("wooden", "mahogany", "teak wood"), "bamboo": ("bamboo", "cane"), "jute": ("jute", "golden fibre"),
    "cotton": ("cotton", "handloom cotton", "khadi"), "silk": ("silk", "rajshahi silk"), "muslin": ("muslin", "fine muslin"),
    "wool": ("wool", "woollen"), "silver": ("silver", "sterling silver"), "leather": ("leather", "full-grain leather"),
    "paper": ("handmade paper", "recycled paper"), "canvas": ("canvas", "stretched canvas"),
}  # fmt: skip

MATERIALS_BN = {
    "ceramic": "সিরামিকের", "terracotta": "পোড়ামাটির", "brass": "পিতলের", "wood": "কাঠের", "bamboo": "বাঁশের", "jute": "পাটের",
    "cotton": "সুতির", "silk": "সিল্কের", "muslin": "মসলিনের", "wool": "উলের", "silver": "রুপার", "leather": "চামড়ার",
    "paper": "কাগজের", "canvas": "ক্যানভাসের",
}  # fmt: skip

OCCASIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "birthday": (("birthday", "bday gift"), "জন্মদিনের"),
    "wedding": (("wedding", "bridal", "holud night"), "বিয়ের"),
    "anniversary": (("anniversary", "couple gift"), "বিবাহবার্ষিকীর"),
    "eid": (("Eid", "Eid gift"), "ঈদের"),
    "pohela boishakh": (("Pohela Boishakh", "Boishakhi"), "বৈশাখী"),
    "housewarming": (("housewarming", "new home"), "নতুন বাড়ির"),
    "graduation": (("graduation", "convocation"), "সমাবর্তনের"),
    "baby shower": (("baby shower", "newborn gift"), "নবজাতকের"),
}

# For whom pieces under a path are made, the likelier the oftener named; what lies under no path is for nobody in particular.
GENDERS_OF: dict[str, tuple[str, ...]] = {
    "Clothing > Women": ("women",), "Clothing > Men": ("men",), "Clothing > Children": ("boys", "girls", "unisex"),
    "Jewellery > Earrings": ("women",), "Jewellery > Necklaces": ("women", "women", "women", "unisex"),
    "Jewellery > Bangles": ("women", "women", "women", "men"), "Jewellery > Rings": ("women", "women", "men", "unisex"),
    "Bags > Leather > Wallets": ("men", "men", "women"), "Bags > Leather > Satchels": ("unisex", "unisex", "men", "women"),
}  # fmt: skip
# Paths whose pieces are for a season, and which: the material tells.
WITH_SEASONS = ("Clothing", "Home > Textiles > Nakshi Kantha")
SEASONS_OF: dict[str, tuple[str, ...]] = {
    "cotton": ("summer", "summer", "summer", "monsoon", "spring"), "muslin": ("summer", "summer", "spring"),
    "silk": ("winter", "winter", "fall", "spring"), "wool": ("winter", "winter", "winter", "fall"),
}  # fmt: skip

# name -> in English and in Bengali: words in titles, and the word in a sentence
Spoken = tuple[tuple[tuple[str, ...], str], tuple[tuple[str, ...], str]]
GENDERS: dict[str, Spoken] = {
    "women": ((("women's", "ladies"), "women"), (("মহিলাদের", "নারীদের"), "মহিলাদের")),
    "men": ((("men's", "gents"), "men"), (("পুরুষদের",), "পুরুষদের")),
    "boys": ((("boys'", "boy's"), "boys"), (("ছেলে শিশুদের",), "ছেলে শিশুদের")),
    "girls": ((("girls'", "girl's"), "girls"), (("মেয়ে শিশুদের",), "মেয়ে শিশুদের")),
    "unisex": ((("unisex",), "everyone"), (("সবার",), "সবার")),
}
SEASONS: dict[str, Spoken] = {
    "summer": ((("summer",), "summer"), (("গ্রীষ্মের", "গরমের"), "গ্রীষ্মের")),
    "monsoon": ((("monsoon", "rainy season"), "monsoon"), (("বর্ষার",), "বর্ষার")),
    "fall": ((("autumn",), "autumn"), (("হেমন্তের",), "হেমন্তের")),
    "winter": ((("winter",), "winter"), (("শীতের",), "শীতের")),
    "spring": ((("spring",), "spring"), (("বসন্তের",), "বসন্তের")),
}

# The four styles that split every taste cluster; each has words that a title may show.
STYLES: tuple[tuple[str, ...], ...] = (
    ("traditional", "heritage", "folk", "village motif"),
    ("minimal", "modern", "simple", "scandi"),
    ("playful", "colourful", "quirky", "rickshaw-art"),
    ("rustic", "vintage", "earthy", "antique"),
)
STYLE_NAMES = ("traditional", "minimal", "playful", "rustic")

TITLE_ADJECTIVES = ("handmade", "handcrafted", "personalised", "custom", "artisan", "hand-finished", "made-to-order")
TITLE_TAILS = (
    "with your name",
    "made in Bangladesh",
    "by village artisans",
    "with gift box",
    "limited batch",
    "for someone special",
)
DESCRIPTION_OPENINGS = (
    "Made by hand in a small workshop.", "Every piece is a little different.", "Made after you order, never from a shelf.",
    "A family craft for three generations.", "Designed to be used every day.",
)  # fmt: skip
DESCRIPTION_CLOSINGS = (
    "Wipe with a dry cloth.", "Packed in recycled paper.", "Write to us for another size.", "Ready within a week.",
    "Keep away from direct sunlight.", "Photographs show a sample; yours carries your own words.",
)  # fmt: skip
