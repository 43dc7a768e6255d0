"""Visits of honest customers: sessions, what they look at, and how far down the funnel they go.

Everything is drawn for a cohort of customers at once; a million customers are five hundred cohorts. Views follow taste times
popularity (Zipf) times novelty, stay mostly on one category within a visit, and are at the published rates of a real shop
(RetailRocket: 2.60 % of views lead to a cart, 0.84 % to a purchase).
"""

from dataclasses import dataclass

import numpy as np

from marketplace.simulation import places
from marketplace.simulation.calendar import busyness, instants_of_day
from marketplace.simulation.catalog import LEAF_COUNT, Catalogue
from marketplace.simulation.config import DAY, MICROSECONDS, SimulationConfig
from marketplace.simulation.people import CLUSTERS, NOT_ONE, STYLES, People, Tastes

CART_RATE = 0.0260
PURCHASE_RATE = 0.0084
VIEWS_PER_SESSION = 7.0
DECLINED_SHARE = 0.012  # honest orders that the bank refuses for good
_LONGEST_VISIT = 60  # views
_LAST_START = 90 * 60 * MICROSECONDS  # before the end of the window: no visit runs past it


@dataclass(frozen=True)
class Visits:
    """Sessions, their views, carts and checkouts, as arrays; sessions are numbered from `first`.

    `stage` names the streams of randomness of whoever draws more for these visits. `customer` is `NOT_ONE` for visits without
    log-in; views are ordered by session and time; `cart_*` point at views; `checkout_session` is the session of each checkout
    with a payment, `cart_checkout` the checkout that a cart line is in.
    """

    stage: str
    first: int
    customer: np.ndarray
    device: np.ndarray
    ip_town: np.ndarray
    host: np.ndarray
    started_at: np.ndarray
    search_leaf: np.ndarray
    view_session: np.ndarray
    view_product: np.ndarray
    viewed_at: np.ndarray
    cart_view: np.ndarray
    cart_quantity: np.ndarray
    cart_checkout: np.ndarray
    is_removed: np.ndarray
    wish_view: np.ndarray
    checkout_session: np.ndarray
    checkout_at: np.ndarray
    is_declined: np.ndarray
    abandoned_session: np.ndarray

    @property
    def last_view_at(self) -> np.ndarray:
        """Per session, the instant of its last view."""
        ends = np.searchsorted(self.view_session, np.arange(len(self.customer)), side="right") - 1
        instants: np.ndarray = self.viewed_at[ends]
        return instants


@dataclass(frozen=True)
class Shelves:
    """Products as each of the 32 kinds of shopper sees them: cumulative weights, one row per cluster and style.

    All rows lie behind each other in `steps`, row `i` from `i` to `i + 1`; `bounds` holds what a row has reached at the start
    of each leaf category and at the end of the last.
    """

    steps: np.ndarray
    bounds: np.ndarray
    leaf_start: np.ndarray
    oldest: np.ndarray
    mean_log_price: float

    def draw(self, cell: np.ndarray, leaf: np.ndarray, u: np.ndarray) -> np.ndarray:
        """A product of `leaf` for each shopper of kind `cell`, by weight, from uniform numbers."""
        low, high = self.bounds[cell, leaf], self.bounds[cell, leaf + 1]
        wanted = cell + low + u * (high - low)
        # Looked up in order, because half a million products in 32 rows do not fit into a processor's cache: ten times faster.
        by_size = np.argsort(wanted)
        found = np.empty(len(wanted), dtype=np.int64)
        found[by_size] = np.searchsorted(self.steps, wanted[by_size], side="right")
        found -= cell * self.leaf_start[-1]
        product: np.ndarray = np.clip(found, self.leaf_start[leaf], self.leaf_start[leaf + 1] - 1)
        return product


def build_shelves(catalogue: Catalogue, tastes: Tastes) -> Shelves:
    """Weights of products for every taste cluster and style."""
    log_price = np.log(catalogue.price)
    leaf_mean = np.bincount(catalogue.leaf, log_price, LEAF_COUNT) / np.bincount(catalogue.leaf, minlength=LEAF_COUNT)
    relative = log_price - leaf_mean[catalogue.leaf]
    steps = np.empty((CLUSTERS * STYLES, len(catalogue.price)))
    bounds = np.zeros((CLUSTERS * STYLES, LEAF_COUNT + 1))
    for cluster in range(CLUSTERS):
        colour = np.clip(tastes.colours[cluster][catalogue.colour] * tastes.colours.shape[1], 0.15, 4.0)
        affordable = np.exp(-0.5 * ((relative - tastes.price_level[cluster]) / 0.5) ** 2) + 0.05
        for style in range(STYLES):
            weights = catalogue.popularity * colour * affordable * np.where(catalogue.style == style, 3.5, 1.0)
            row = cluster * STYLES + style
            np.cumsum(weights, out=steps[row])
            steps[row] = steps[row] / steps[row, -1] * 0.999
            bounds[row, 1:] = steps[row, catalogue.leaf_start[1:] - 1]
            steps[row] += row
    order = np.lexsort((catalogue.listed_at, catalogue.leaf))
    return Shelves(
        steps.ravel(), bounds, catalogue.leaf_start, order[catalogue.leaf_start[:-1]], float(log_price.mean())
    )  # fmt: skip


def browse(config: SimulationConfig, catalogue: Catalogue, people: People, shelves: Shelves, *, first_session: int) -> Visits:
    """The visits of one cohort; its sessions are numbered from `first_session`."""
    rng = config.rng(f"sessions-{people.first}")
    who, started_at = _session_starts(rng, config, people)
    view_count = np.minimum(rng.geometric(1 / VIEWS_PER_SESSION, len(who)), _LONGEST_VISIT)
    view_session = np.repeat(np.arange(len(who)), view_count)
    intent = _draw_leaf(people, who, rng.random(len(who)))
    gaps = (rng.exponential(42, len(view_session)) + 6) * MICROSECONDS
    elapsed = np.cumsum(gaps)
    viewed_at = (
        started_at[view_session] + (elapsed - (elapsed - gaps)[_firsts(view_count)][view_session]).astype(np.int64) // 1000 * 1000
    )
    product = _viewed_products(rng, catalogue, people, shelves, who, view_session, viewed_at, intent)
    is_anonymous = rng.random(len(who)) < 0.08
    cart_view = _systematic(
        rng,
        _cart_weights(rng, catalogue, people, shelves, who, view_session, product),
        CART_RATE * len(product),
    )
    cart_checkout, checkout_session = _conversions(
        rng, view_session[cart_view], is_anonymous, PURCHASE_RATE * len(product), catalogue, product[cart_view]
    )
    is_declined = rng.random(len(checkout_session)) < DECLINED_SHARE
    last = viewed_at[np.cumsum(view_count) - 1]
    in_checkout = np.isin(np.arange(len(who)), checkout_session)
    abandoned = np.unique(view_session[cart_view][~in_checkout[view_session[cart_view]]])
    quantity = np.where(rng.random(len(cart_view)) < 0.86, 1, rng.integers(2, 5, len(cart_view)))
    quantity = np.where(rng.random(len(cart_view)) < 0.015, rng.integers(5, 11, len(cart_view)), quantity)
    searches = rng.random(len(who)) < 0.3
    return Visits(
        stage=str(people.first), first=first_session, customer=np.where(is_anonymous, NOT_ONE, people.first + who),
        started_at=started_at, device=_devices(rng, people, who, started_at), ip_town=_towns(rng, people, who, started_at),
        host=people.host[who],
        search_leaf=np.where(searches, intent, NOT_ONE), view_session=view_session, view_product=product, viewed_at=viewed_at,
        cart_view=cart_view, cart_quantity=quantity, cart_checkout=cart_checkout,
        is_removed=(cart_checkout == NOT_ONE) & (rng.random(len(cart_view)) < 0.12),
        wish_view=_systematic(rng, np.where(is_anonymous, 0.0, 1.0)[view_session], 0.012 * len(product)),
        checkout_session=checkout_session, is_declined=is_declined,
        checkout_at=last[checkout_session] + (rng.uniform(40, 240, len(checkout_session)) * 1000).astype(np.int64) * 1000,
        abandoned_session=abandoned[rng.random(len(abandoned)) < 0.3],
    )  # fmt: skip


def _session_starts(rng: np.random.Generator, config: SimulationConfig, people: People) -> tuple[np.ndarray, np.ndarray]:
    """Row in the cohort and start of every session, by customer and time; a newcomer's first is near the sign-up."""
    day_starts = config.start + np.arange(config.days) * DAY
    is_member = people.signed_up_at[:, None] < day_starts[None, :]
    mean = people.activity[:, None] * busyness(config.start, config.days)[None, :] * config.visits_per_day * is_member
    counts = rng.poisson(mean)
    rows, days = np.nonzero(counts)
    repeats = counts[rows, days]
    who, day = np.repeat(rows, repeats), np.repeat(days, repeats)
    started = instants_of_day(day, rng, config.start)
    new = np.flatnonzero(people.signed_up_at >= config.start)
    who = np.concatenate([who, new])
    started = np.concatenate(
        [started, people.signed_up_at[new] + (rng.uniform(30, 900, len(new)) * 1000).astype(np.int64) * 1000]
    )
    keep = started < config.end - _LAST_START
    order = np.lexsort((started[keep], who[keep]))
    return who[keep][order], started[keep][order]


def _firsts(counts: np.ndarray) -> np.ndarray:
    firsts: np.ndarray = np.cumsum(counts) - counts
    return firsts


def _draw_leaf(people: People, who: np.ndarray, u: np.ndarray) -> np.ndarray:
    """A leaf category for each row, by the customer's own preference."""
    cumulative = np.cumsum(people.preferences, axis=1)
    cumulative = cumulative / cumulative[:, -1:]
    flat = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
    found = np.searchsorted(flat, who + u * (1 - 1e-9), side="right") - who * LEAF_COUNT
    leaf: np.ndarray = np.clip(found, 0, LEAF_COUNT - 1)
    return leaf


def _viewed_products(
    rng: np.random.Generator, catalogue: Catalogue, people: People, shelves: Shelves, who: np.ndarray,
    view_session: np.ndarray, viewed_at: np.ndarray, intent: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The product of each view; nothing is seen before it is listed, and the new is looked at more."""
    shopper = who[view_session]
    cell = people.cluster[shopper] * STYLES + people.style[shopper]
    leaf = np.where(rng.random(len(shopper)) < 0.78, intent[view_session], _draw_leaf(people, shopper, rng.random(len(shopper))))
    product = shelves.oldest[leaf]
    open_rows = np.arange(len(shopper))
    for _ in range(8):
        drawn = shelves.draw(cell[open_rows], leaf[open_rows], rng.random(len(open_rows)))
        age = viewed_at[open_rows] - catalogue.listed_at[drawn]
        accepted = (age > 0) & (rng.random(len(drawn)) < np.where(age < 21 * DAY, 1.0, 0.62))
        product[open_rows[accepted]] = drawn[accepted]
        open_rows = open_rows[~accepted]
    again = np.flatnonzero((rng.random(len(shopper)) < 0.1) & (np.diff(view_session, prepend=-1) == 0))
    product[again] = product[again - 1]
    return product


def _cart_weights(
    rng: np.random.Generator, catalogue: Catalogue, people: People, shelves: Shelves, who: np.ndarray,
    view_session: np.ndarray, product: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """How likely each view is to end in the cart, relative to others: liking, quality, style, a second look, a price in reach."""
    shopper = who[view_session]
    liking = people.preferences[shopper, catalogue.leaf[product]] * LEAF_COUNT
    second_look = np.r_[False, (product[1:] == product[:-1]) & (view_session[1:] == view_session[:-1])]
    styled = np.where(catalogue.style[product] == people.style[shopper], 1.8, 1.0)
    cheap = np.exp(-0.12 * (np.log(catalogue.price[product]) - shelves.mean_log_price))
    # Some visits are for buying, most are not: that is what puts several goods into one order.
    mood = rng.gamma(0.5, 1.0, len(who))[view_session]
    look = np.where(second_look, 3.0, 1.0)
    weights: np.ndarray = mood * np.clip(liking, 0.2, 6) ** 0.5 * (0.3 + catalogue.quality[product]) * styled * look * cheap
    return weights


def _systematic(rng: np.random.Generator, weights: np.ndarray, expected: float, sizes: np.ndarray | None = None) -> np.ndarray:
    """Sorted rows drawn with chances proportional to `weights`; their `sizes` (1 if not given) add up to about `expected`."""
    size = np.ones(len(weights)) if sizes is None else sizes
    scale = expected / max((weights * size).sum(), 1e-12)
    for _ in range(30):  # chances end at 1: what they lose there, the others gain
        scale *= expected / max((np.minimum(weights * scale, 1.0) * size).sum(), 1e-12)
    steps = np.floor(np.cumsum(np.minimum(weights * scale, 1.0)) + rng.random())
    return np.flatnonzero(np.diff(steps, prepend=0.0) > 0)


def _conversions(
    rng: np.random.Generator,
    cart_session: np.ndarray,
    is_anonymous: np.ndarray,
    expected: float,
    catalogue: Catalogue,
    product: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The checkout of each cart line, and the sessions that pay; a session pays for all its lines or none."""
    sessions, at, counts = np.unique(cart_session, return_index=True, return_counts=True)
    quality = np.add.reduceat(catalogue.quality[product], at) / counts if len(at) else np.zeros(0)
    weights = np.where(is_anonymous[sessions], 0.0, 0.4 + quality)
    chosen = sessions[_systematic(rng, weights, expected * (1 + DECLINED_SHARE), counts)]
    place = np.searchsorted(chosen, cart_session).clip(0, max(len(chosen) - 1, 0))
    return np.where(np.isin(cart_session, chosen), place, NOT_ONE), chosen


def _devices(rng: np.random.Generator, people: People, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The device of each session: mostly the main one, which some replace."""
    main = np.where(at >= people.new_device_at[who], people.device[who, 2], people.device[who, 0])
    second = people.device[who, 1]
    device: np.ndarray = np.where((second != NOT_ONE) & (rng.random(len(who)) < 0.3), second, main)
    return device


def _towns(rng: np.random.Generator, people: People, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Where the network of each session stands: home, the capital (mobile carriers), abroad on a trip, or unknown."""
    town = people.town[who]
    through_capital = (rng.random(len(who)) < 0.1) & ~places.IS_ABROAD[town]
    town = np.where(through_capital, places.CAPITAL, town)
    on_trip = (people.trip_town[who] != NOT_ONE) & (at >= people.trip_start[who]) & (at < people.trip_end[who])
    town = np.where(on_trip, people.trip_town[who], town)
    return np.where(rng.random(len(who)) < 0.02, places.UNKNOWN, town)
