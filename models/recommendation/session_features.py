"""Candidates for the next product of running sessions, and what is known of each pair: one function to learn and to serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.ragged import Floats, Grouped, Ints, gather, looked_up, places, side_by_side
from models.recommendation.session_facts import FACTS, product_facts
from models.recommendation.session_neighbours import Running, SessionNeighbours, SessionNeighboursConfig, Sessions
from models.recommendation.session_transitions import Transitions

# At most so many candidates come from each source; with the session's own ones at most 300 in all.
_MOST_BY_NEIGHBOURS, _MOST_BY_CO_VISITATION, _TRENDING = 120, 100, 30
# Of the running session only its newest clicks count.
RECENT_CLICKS = 50
# Older clicks lead to less: so much of the say is left per click back.
_CO_VISITATION_DECAY = 0.7

_NEIGHBOUR_SHARES = ("around", "met", "before", "after", "at_last", "at_several", "newest_neighbours", "close")
FEATURES = (
    *_NEIGHBOUR_SHARES,
    "neighbours_score",
    "neighbours_place",
    "neighbours_with_it",
    "likest_neighbour",
    "co_visitation",
    "co_visitation_place",
    "near_last",
    "near_second_last",
    "next_to_last",
    "clicks_in_session",
    "clicks_back",
    "clicks_back_to_first",
    "products_back",
    *FACTS,
    *(f"last_{fact}" for fact in ("clicks", "clicked_again", "ends_session")),
    "session_clicks",
    "session_products",
    "session_repeats_at_once",
    "session_ends_in_repeat",
    "neighbours_of_session",
)


@dataclass(frozen=True)
class Pairs:
    """Running sessions and their candidates, ascending by session, then product.

    Attributes:
        features: one row per pair, in the order of `FEATURES`; NaN where a source has nothing to say.
    """

    rows: Ints
    products: Ints
    features: Floats


@dataclass(frozen=True)
class SessionSources:
    """What past sessions tell, fitted on one order of products.

    Attributes:
        facts: product × fact.
        trending: the products clicked most in the newest thirtieth of sessions.
    """

    neighbours: SessionNeighbours
    transitions: Transitions
    facts: Floats
    trending: NDArray[np.int32]

    @classmethod
    def fit(cls, past: Sessions, product_count: int) -> SessionSources:
        """All sources on `past`, oldest session first."""
        lately = past.between(len(past) - max(len(past) // 30, 1), len(past))
        clicks = np.bincount(lately.products, minlength=product_count)
        trending = np.lexsort((np.arange(product_count), -clicks))[:_TRENDING]
        return cls(
            SessionNeighbours.fit(past, product_count, SessionNeighboursConfig()),
            Transitions.fit(past, product_count),
            product_facts(past, product_count),
            trending[clicks[trending] > 0].astype(np.int32),
        )

    def pairs(self, sessions: Sessions, *, repeats: bool) -> Pairs:
        """Candidates of each running session with their features.

        Args:
            repeats: whether what the session holds already is a candidate.
        """
        count = np.int64(self.neighbours.product_count)
        running = Running.of(sessions, int(count))
        near, near_keys, of_session = self._by_neighbours(running)
        co_visited, co_visitation = self._by_co_visitation(running)
        trending = (np.arange(len(sessions))[:, None] * count + self.trending).ravel()
        rows_near, rows_co = near_keys // count, co_visited // count
        keys = [
            near_keys[places(rows_near, near["neighbours_score"]) <= _MOST_BY_NEIGHBOURS],
            co_visited[places(rows_co, co_visitation) <= _MOST_BY_CO_VISITATION],
            trending,
        ]
        wanted = np.unique(np.concatenate([*keys, running.keys] if repeats else keys))
        if not repeats:
            wanted = wanted[np.isnan(looked_up(wanted, running.keys, running.back))]
        rows, products = np.divmod(wanted, count)
        columns = dict(zip(near, looked_up(wanted, near_keys, np.stack(list(near.values()))), strict=True))
        columns["neighbours_place"] = places(rows, columns["neighbours_score"])
        columns["co_visitation"] = looked_up(wanted, co_visited, co_visitation)
        columns["co_visitation_place"] = places(rows, columns["co_visitation"])
        columns |= self._after_last_clicks(sessions, wanted)
        columns |= _within(running, wanted)
        columns |= dict(zip(FACTS, self.facts[products].T, strict=True))
        columns |= {name: values[rows] for name, values in self._session_facts(sessions, running).items()}
        columns["neighbours_of_session"] = of_session[rows]
        return Pairs(rows, products, side_by_side([columns[name] for name in FEATURES]))

    def _by_neighbours(self, running: Running) -> tuple[Mapping[str, Floats], Ints, Floats]:
        """What neighbours say of each session and product, the keys of these, and how many entries each session's have."""
        neighbours = self.neighbours
        found = neighbours.meetings(running)
        pairs = Grouped.by(found.rows * np.int64(neighbours.product_count) + found.products)
        said = found.likeness * neighbours.nearness(found)
        is_met, is_after, is_before = found.distance == 0, found.distance > 0, found.distance < 0
        around = said * ~is_met
        sums = {
            "around": around,
            "met": found.likeness * is_met,
            "before": found.likeness * is_before,
            "after": found.likeness * is_after,
            "at_last": around * found.is_at_last,
            "at_several": around * found.is_at_several,
            "newest_neighbours": around * np.exp((found.newness - 1) * 10),
            "close": found.likeness * np.exp(-np.abs(found.distance) * 2),
        }
        total = np.bincount(found.rows, weights=sums["met"], minlength=len(running.lengths))
        whole = np.maximum(total, 1e-12).astype(np.float32)[pairs.keys // np.int64(neighbours.product_count)]
        # As shares of all that the session's neighbours could say: sessions differ in how alike their neighbours are.
        columns = dict(zip(sums, pairs.sums(np.stack(list(sums.values()))) / whole, strict=True))
        columns["neighbours_score"] = columns["around"] + np.float32(neighbours.config.again) * columns["met"]
        columns["neighbours_with_it"] = pairs.sizes.astype(np.float32)
        columns["likest_neighbour"] = pairs.largest(said)
        of_session = np.bincount(found.rows, minlength=len(running.lengths)).astype(np.float32)
        return columns, pairs.keys, of_session

    def _by_co_visitation(self, running: Running) -> tuple[Ints, Floats]:
        """Keys of what is near the session's products, and how much."""
        near = self.transitions.near
        at, owner = gather(near.indptr, running.products)
        pairs = Grouped.by(running.rows[owner] * np.int64(near.shape[1]) + near.indices[at])
        say = _CO_VISITATION_DECAY**running.back
        return pairs.keys, pairs.sums(near.data[at] * say[owner])

    def _after_last_clicks(self, sessions: Sessions, wanted: Ints) -> Mapping[str, Floats]:
        last, second = _clicked(sessions, 1), _clicked(sessions, 2)
        return {
            "near_last": _said_by(self.transitions.near, last, wanted),
            "near_second_last": _said_by(self.transitions.near, second, wanted),
            "next_to_last": _said_by(self.transitions.next_share, last, wanted),
        }

    def _session_facts(self, sessions: Sessions, running: Running) -> Mapping[str, Floats]:
        last, second = _clicked(sessions, 1), _clicked(sessions, 2)
        facts = np.where((last >= 0)[:, None], self.facts[last], np.float32(np.nan))
        is_same = (sessions.products[1:] == sessions.products[:-1]) & (sessions.rows[1:] == sessions.rows[:-1])
        return {
            **{f"last_{name}": facts[:, FACTS.index(name)] for name in ("clicks", "clicked_again", "ends_session")},
            "session_clicks": sessions.lengths,
            "session_products": np.bincount(running.rows, minlength=len(sessions)),
            "session_repeats_at_once": np.bincount(sessions.rows[1:], weights=is_same, minlength=len(sessions)),
            "session_ends_in_repeat": (last == second) & (last >= 0),
        }


def newest_clicks(sessions: Sessions, *, repeats: bool) -> Sessions:
    """What of running sessions counts: their newest clicks; without repeats each product once, where it was seen last.

    The storefront remembers different products only, so a list without repeats may not depend on how often each was seen.
    """
    rows, back = sessions.rows, np.repeat(sessions.lengths, sessions.lengths) - sessions.places
    kept = back <= RECENT_CLICKS
    if not repeats:
        order = np.lexsort((back, sessions.products, rows))
        is_again = np.zeros(len(order), dtype=bool)
        is_again[order[1:]] = (np.diff(sessions.products[order]) == 0) & (np.diff(rows[order]) == 0)
        kept &= ~is_again
    lengths = np.bincount(rows[kept], minlength=len(sessions))
    return Sessions(sessions.products[kept], np.concatenate([[0], np.cumsum(lengths)]))


def _clicked(sessions: Sessions, back: int) -> Ints:
    """Product of each session's last click (1), the one before (2) ...; -1 where the session is shorter."""
    at = sessions.offsets[1:] - back
    return np.where(at >= sessions.offsets[:-1], sessions.products[np.maximum(at, 0)] if len(sessions.products) else -1, -1)


def _said_by(table: sparse.csr_matrix, products: Ints, wanted: Ints) -> Floats:
    """The entry of each session's product towards each wanted session × product."""
    known = np.flatnonzero(products >= 0)
    at, owner = gather(table.indptr, products[known])
    return looked_up(wanted, known[owner] * np.int64(table.shape[1]) + table.indices[at], table.data[at])


def _within(running: Running, wanted: Ints) -> Mapping[str, Floats]:
    """How often and where the session itself holds the product."""
    first_back = running.lengths[running.rows] - running.first_place
    return {
        "clicks_in_session": looked_up(wanted, running.keys, running.clicks.astype(np.float32), missing=0),
        "clicks_back": looked_up(wanted, running.keys, running.back),
        "clicks_back_to_first": looked_up(wanted, running.keys, first_back),
        "products_back": looked_up(wanted, running.keys, places(running.rows, running.last_place)),
    }
