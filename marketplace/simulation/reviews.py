"""What people say afterwards: reviews that follow quality and lateness, messages with replies, and notifications."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from marketplace.simulation.catalog import Catalogue
from marketplace.simulation.checkouts import HONEST
from marketplace.simulation.columns import instants, masked, named, parts
from marketplace.simulation.config import DAY, HOUR, SimulationConfig, customer_ids
from marketplace.simulation.orders import Orders

REVIEW_SHARE = 0.48

_GOOD = (
    "Beautiful work, exactly as I wished.",
    "The engraving is perfect, my mother cried.",
    "Even better than the picture.",
    "Lovely finish and carefully packed.",
    "Third time I order here, always great.",
)
_FAIR = ("Nice, but the colour is a little different.", "Good for the price.", "It is fine, smaller than I thought.")
_BAD = (
    "The name was spelled wrong.",
    "Broke after two days.",
    "Not at all like the picture.",
    "Poor finish, I asked for my money back.",
)
_GOOD_BN = ("খুব সুন্দর কাজ, মন ভরে গেছে।", "ছবির চেয়েও ভালো।", "নামটা নিখুঁতভাবে খোদাই করা।", "প্যাকেট খুব যত্ন করে দেওয়া।")
_FAIR_BN = ("মোটামুটি ভালো।", "রং একটু আলাদা, তবু চলবে।")
_BAD_BN = ("নামের বানান ভুল ছিল।", "ছবির সাথে মিল নেই।", "দুই দিনেই ভেঙে গেছে।")
_LATE, _LATE_BN = " It came late.", " অনেক দেরিতে এসেছে।"
_TITLES = {5: "Wonderful", 4: "Good", 3: "All right", 2: "Disappointed", 1: "Never again"}
_QUESTIONS = (
    "Can you write the name in Bengali?",
    "When will it be ready?",
    "Is another colour possible?",
    "নামটা কি বাংলায় লেখা যাবে?",
    "কবে পাব?",
    "Please change the text before you engrave.",
)
_ANSWERS = (
    "Yes, of course.",
    "It leaves our workshop tomorrow.",
    "We will send you a picture first.",
    "জি, অবশ্যই।",
    "কালকে পাঠানো হবে।",
)


def review_table(config: SimulationConfig, catalogue: Catalogue, orders: Orders) -> Iterator[pl.DataFrame]:
    """`shop.reviews` of delivered lines, about half of them, some days after delivery."""
    rng = config.rng("reviews")
    honest = orders.checkouts.kind[orders.line_order] == HONEST
    line = np.flatnonzero((orders.line_delivered_at >= 0) & honest & (rng.random(len(orders.line_order)) < REVIEW_SHARE))
    at = orders.line_delivered_at[line] + ((0.3 + rng.exponential(3.5, len(line))) * DAY).astype(np.int64)
    line, at = line[at < config.end], at[at < config.end]
    order, product = orders.line_order[line], orders.line_product[line]
    late_days = np.maximum(orders.line_delivered_at[line] - orders.estimated_at[order], 0) / DAY
    went_wrong = np.where(rng.random(len(line)) < 0.13 * (1.3 - catalogue.quality[product]), 2.2, 0.0)
    feeling = (
        1.9 + 3.6 * catalogue.quality[product] - 0.5 * np.minimum(late_days, 5) - went_wrong + rng.normal(0, 0.85, len(line))
    )
    rating = np.clip(np.round(feeling), 1, 5).astype(np.int16)
    is_bengali, draw = rng.random(len(line)) < 0.28, rng.random(len(line))
    is_silent = rng.random(len(line)) < 0.3
    answered = at + (rng.exponential(1.5, len(line)) * DAY).astype(np.int64)
    answers = (rng.random(len(line)) < 0.35) & (answered < config.end)
    answered = np.where(answers, answered, -1)
    for part in parts(len(line)):
        stars, bengali, is_late = rating[part].tolist(), is_bengali[part].tolist(), (late_days[part] > 0.5).tolist()
        bodies = [_body(*said) for said in zip(stars, bengali, is_late, draw[part].tolist(), strict=True)]
        titles = [None if in_bengali else _TITLES[number] for number, in_bengali in zip(stars, bengali, strict=True)]
        yield pl.DataFrame(
            {
                "review_id": config.ids("z", line[part]),
                "order_id": config.ids("o", order[part]),
                "product_id": config.ids("p", product[part]),
                "seller_id": config.ids("s", orders.line_seller[line[part]]),
                "customer_id": customer_ids(config, orders.checkouts.customer[order[part]]),
                "rating": rating[part],
                "title": pl.Series(titles, dtype=pl.String),
                "body": masked(pl.Series(bodies, dtype=pl.String), ~is_silent[part]),
                "language": named(("en", "bn"), is_bengali[part]),
                "reviewed_at": instants(at[part]),
                "answered_at": instants(answered[part]),
            }
        )


def message_table(config: SimulationConfig, catalogue: Catalogue, orders: Orders) -> Iterator[pl.DataFrame]:
    """`shop.messages`: questions on about one order in eight, most answered, sooner by better sellers."""
    rng = config.rng("messages")
    first_line = np.searchsorted(orders.line_order, np.arange(len(orders)))
    asked = np.flatnonzero(orders.is_paid & (rng.random(len(orders)) < 0.13))
    at = orders.ordered_at[asked] + (rng.uniform(0.1, 60, len(asked)) * HOUR).astype(np.int64)
    asked, at = asked[at < config.end], at[at < config.end]
    seller = orders.line_seller[first_line[asked]]
    quality = catalogue.seller_quality[seller]
    replied = at + (rng.exponential(1, len(asked)) * (26 - 22 * quality) * HOUR).astype(np.int64)
    replies = np.flatnonzero((rng.random(len(asked)) < 0.55 + 0.42 * quality) & (replied < config.end))
    everyone = np.arange(len(asked))
    for which, sender, texts, sent, number in (
        (everyone, "customer", _QUESTIONS, at, 0),
        (replies, "seller", _ANSWERS, replied, 1),
    ):
        text = rng.integers(0, len(texts), len(which))
        for part in parts(len(which)):
            order = asked[which[part]]
            yield pl.DataFrame(
                {
                    "message_id": config.ids("m", order * 2 + number),
                    "seller_id": config.ids("s", seller[which[part]]),
                    "customer_id": customer_ids(config, orders.checkouts.customer[order]),
                    "order_id": config.ids("o", order),
                    "sender": pl.repeat(sender, len(order), dtype=pl.String, eager=True),
                    "body": named(texts, text[part]),
                    "sent_at": instants(sent[which[part]]),
                }
            )


def notification_table(config: SimulationConfig, orders: Orders) -> Iterator[pl.DataFrame]:
    """`shop.notifications` about orders shipped and delivered."""
    rng = config.rng("notifications")
    for kind, title, at in (
        ("order_shipped", "On its way", orders.shipped_at),
        ("order_delivered", "Delivered", orders.delivered_at),
    ):
        row = np.flatnonzero(at >= 0)
        read = at[row] + (rng.exponential(9, len(row)) * HOUR).astype(np.int64)
        read = np.where((rng.random(len(row)) < 0.75) & (read < config.end), read, -1)
        for part in parts(len(row)):
            order = row[part]
            ids = config.ids("o", order)
            yield pl.DataFrame(
                {
                    "notification_id": f"{kind}-" + ids,
                    "user_id": customer_ids(config, orders.checkouts.customer[order]),
                    "kind": pl.repeat(kind, len(order), dtype=pl.String, eager=True),
                    "title": pl.repeat(title, len(order), dtype=pl.String, eager=True),
                    "body": "Your order " + ids + f": {title.lower()}.",
                    "sent_at": instants(at[order]),
                    "read_at": instants(read[part]),
                }
            )


def _body(stars: int, bengali: bool, late: bool, draw: float) -> str:
    """A sentence or two that fits the stars."""
    good, fair, bad = (_GOOD_BN, _FAIR_BN, _BAD_BN) if bengali else (_GOOD, _FAIR, _BAD)
    texts = good if stars >= 4 else fair if stars == 3 else bad
    return texts[int(draw * len(texts))] + ((_LATE_BN if bengali else _LATE) if late else "")
