"""What people say afterwards: reviews that follow quality and lateness, messages with replies, and notifications."""

import numpy as np
import polars as pl

from marketplace.simulation.catalog import Catalogue, instants
from marketplace.simulation.checkouts import HONEST
from marketplace.simulation.config import DAY, HOUR, SimulationConfig
from marketplace.simulation.orders import Orders
from marketplace.simulation.people import customer_ids

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


def review_table(config: SimulationConfig, catalogue: Catalogue, orders: Orders) -> pl.DataFrame:
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
    is_bengali = rng.random(len(line)) < 0.28
    said = zip(rating.tolist(), is_bengali.tolist(), (late_days > 0.5).tolist(), rng.random(len(line)).tolist(), strict=True)
    bodies = [_body(stars, bengali, late, draw) for stars, bengali, late, draw in said]
    titles = [None if bengali else _TITLES[stars] for stars, bengali in zip(rating.tolist(), is_bengali.tolist(), strict=True)]
    is_silent = pl.Series(rng.random(len(line)) < 0.3)
    answered = at + (rng.exponential(1.5, len(line)) * DAY).astype(np.int64)
    answers = (rng.random(len(line)) < 0.35) & (answered < config.end)
    return pl.DataFrame(
        {
            "review_id": config.ids("z", line).astype(str),
            "order_id": orders.ids[order].astype(str),
            "product_id": catalogue.product_ids[product].astype(str),
            "seller_id": catalogue.seller_ids[orders.line_seller[line]].astype(str),
            "customer_id": customer_ids(config, orders.checkouts.customer[order]).astype(str),
            "rating": rating,
            "title": pl.Series(titles, dtype=pl.String),
            "body": pl.Series(bodies, dtype=pl.String).set(is_silent, None),
            "language": np.where(is_bengali, "bn", "en"),
            "reviewed_at": instants(at),
            "answered_at": instants(np.where(answers, answered, -1)),
        }
    )  # fmt: skip


def message_table(config: SimulationConfig, catalogue: Catalogue, orders: Orders) -> pl.DataFrame:
    """`shop.messages`: questions on about one order in eight, most answered, sooner by better sellers."""
    rng = config.rng("messages")
    first_line = np.searchsorted(orders.line_order, np.arange(len(orders.ids)))
    asked = np.flatnonzero(orders.is_paid & (rng.random(len(orders.ids)) < 0.13))
    at = orders.ordered_at[asked] + (rng.uniform(0.1, 60, len(asked)) * HOUR).astype(np.int64)
    asked, at = asked[at < config.end], at[at < config.end]
    seller = orders.line_seller[first_line[asked]]
    quality = catalogue.seller_quality[seller]
    replied = at + (rng.exponential(1, len(asked)) * (26 - 22 * quality) * HOUR).astype(np.int64)
    replies = np.flatnonzero((rng.random(len(asked)) < 0.55 + 0.42 * quality) & (replied < config.end))

    def rows(which: np.ndarray, sender: str, texts: tuple[str, ...], sent: np.ndarray, number: int) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "message_id": config.ids("m", asked[which] * 2 + number).astype(str),
                "seller_id": catalogue.seller_ids[seller[which]].astype(str),
                "customer_id": customer_ids(config, orders.checkouts.customer[asked[which]]).astype(str),
                "order_id": orders.ids[asked[which]].astype(str),
                "sender": pl.repeat(sender, len(which), dtype=pl.String, eager=True),
                "body": np.array(texts)[rng.integers(0, len(texts), len(which))],
                "sent_at": instants(sent[which]),
            }
        )

    return pl.concat([rows(np.arange(len(asked)), "customer", _QUESTIONS, at, 0), rows(replies, "seller", _ANSWERS, replied, 1)])


def notification_table(config: SimulationConfig, orders: Orders) -> pl.DataFrame:
    """`shop.notifications` about orders shipped and delivered."""
    rng = config.rng("notifications")
    parts = []
    for kind, title, at in (
        ("order_shipped", "On its way", orders.shipped_at),
        ("order_delivered", "Delivered", orders.delivered_at),
    ):
        row = np.flatnonzero(at >= 0)
        read = at[row] + (rng.exponential(9, len(row)) * HOUR).astype(np.int64)
        parts.append(
            pl.DataFrame(
                {
                    "notification_id": [f"{kind}-{order}" for order in orders.ids[row].tolist()],
                    "user_id": customer_ids(config, orders.checkouts.customer[row]).astype(str),
                    "kind": pl.repeat(kind, len(row), dtype=pl.String, eager=True),
                    "title": pl.repeat(title, len(row), dtype=pl.String, eager=True),
                    "body": [f"Your order {order}: {title.lower()}." for order in orders.ids[row].tolist()],
                    "sent_at": instants(at[row]),
                    "read_at": instants(np.where((rng.random(len(row)) < 0.75) & (read < config.end), read, -1)),
                }
            )
        )
    return pl.concat(parts)


def _body(stars: int, bengali: bool, late: bool, draw: float) -> str:
    """A sentence or two that fits the stars."""
    good, fair, bad = (_GOOD_BN, _FAIR_BN, _BAD_BN) if bengali else (_GOOD, _FAIR, _BAD)
    texts = good if stars >= 4 else fair if stars == 3 else bad
    return texts[int(draw * len(texts))] + ((_LATE_BN if bengali else _LATE) if late else "")
