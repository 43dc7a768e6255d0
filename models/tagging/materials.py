"""Material words in English and Bengali, with the names that artisans of Bangladesh use."""

from models.tagging.lexicon import Lexicon

MATERIALS = Lexicon(
    {
        "ceramic": ("ceramics", "stoneware", "porcelain", "চীনামাটি", "সিরামিক"),
        "terracotta": ("clay", "earthenware", "poramati", "পোড়ামাটি", "মাটি"),
        "brass": ("kansa", "pitol", "পিতল", "কাঁসা"),
        "copper": ("তামা",),
        "wood": ("wooden", "mahogany", "teak", "teak wood", "rosewood", "mango wood", "oak", "কাঠ"),
        "bamboo": ("cane", "rattan", "বাঁশ", "বেত"),
        "jute": ("golden fibre", "golden fiber", "পাট"),
        "cotton": ("handloom cotton", "khadi", "khaddar", "denim", "সুতি", "সুতা", "খাদি"),
        "silk": ("rajshahi silk", "raw silk", "satin silk", "সিল্ক", "রেশম"),
        "muslin": ("fine muslin", "মসলিন"),
        "linen": ("flax", "লিনেন"),
        "wool": ("woollen", "woolen", "cashmere", "উল", "পশম"),
        "silver": ("sterling silver", "925 silver", "রুপা", "রূপা"),
        "gold": ("22k gold", "18k gold", "সোনা"),
        "leather": ("full-grain leather", "genuine leather", "suede", "চামড়া"),
        "paper": ("handmade paper", "recycled paper", "cardstock", "কাগজ"),
        "canvas": ("stretched canvas", "ক্যানভাস"),
        "glass": ("borosilicate", "crystal", "কাঁচ", "কাচ"),
        "metal": ("steel", "stainless steel", "iron", "aluminium", "লোহা"),
        "stone": ("marble", "granite", "পাথর", "মার্বেল"),
        "resin": ("epoxy",),
        "polyester": ("synthetic", "nylon", "viscose", "rayon"),
        "plastic": ("acrylic", "pvc"),
    }
)
