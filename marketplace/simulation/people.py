"""Customers: where they live, when they came, what they like, which devices and addresses they use.

Tastes are planted: eight clusters over the leaf categories, each with favourite colours and a price level, and four styles
across them. Only `truth/` says who belongs where.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places, words
from marketplace.simulation.addresses import AddressBook
from marketplace.simulation.catalog import LEAF_COUNT
from marketplace.simulation.columns import named
from marketplace.simulation.config import DAY, SimulationConfig, customer_ids
from marketplace.simulation.listings import COLOUR_NAMES

CLUSTERS = 8
STYLES = len(words.STYLE_NAMES)
NOT_ONE = -1


@dataclass(frozen=True)
class Tastes:
    """What each cluster likes: shares over leaf categories and colours, and a level of prices (log)."""

    leaves: np.ndarray
    colours: np.ndarray
    price_level: np.ndarray


@dataclass(frozen=True)
class People:
    """One cohort of honest customers; row `i` is customer `first + i`, `home` and `other_address` are numbers of doors.

    Attributes:
        device: three numbers per customer: main, second or `NOT_ONE`, and the one that replaces the main at `new_device_at`.
        trip: town, first and last instant of one journey abroad; town `NOT_ONE` for those who stay.
    """

    first: int
    town: np.ndarray
    signed_up_at: np.ndarray
    cluster: np.ndarray
    second_cluster: np.ndarray
    style: np.ndarray
    preferences: np.ndarray
    activity: np.ndarray
    device: np.ndarray
    new_device_at: np.ndarray
    home: np.ndarray
    other_address: np.ndarray
    trip_town: np.ndarray
    trip_start: np.ndarray
    trip_end: np.ndarray
    host: np.ndarray
    tastes: Tastes

    def __len__(self) -> int:
        return len(self.town)


@dataclass(frozen=True)
class Accounts:
    """What is remembered of every honest customer, by number: when they came, how active they are, their home's number."""

    signed_up_at: np.ndarray
    activity: np.ndarray
    home: np.ndarray

    def __len__(self) -> int:
        return len(self.home)

    @classmethod
    def of(cls, cohorts: Sequence["Accounts | People"]) -> "Accounts":
        """Those of all `cohorts`, in their order."""
        return cls(*(np.concatenate([getattr(one, name) for one in cohorts]) for name in cls.__dataclass_fields__))


def build_people(config: SimulationConfig, cohort: range, book: AddressBook, tastes: Tastes | None = None) -> People:
    """The honest customers of `cohort`, whose addresses go into `book`; the first cohort plants the tastes of all."""
    rng = config.rng(f"people-{cohort.start}" if cohort.start else "people")
    count, everybody = len(cohort), config.customers
    number = np.arange(cohort.start, cohort.stop)
    town = rng.choice(len(places.TOWNS), count, p=places.WEIGHTS)
    signed_up_at = _signup_times(rng, config, count)
    tastes = tastes or _tastes(rng)
    cluster, second = rng.integers(0, CLUSTERS, count), rng.integers(0, CLUSTERS, count)
    preferences = _preferences(rng, tastes, cluster, second)
    is_family, head = _families(rng, count)
    town = np.where(is_family, town[head], town)
    device = np.stack([number, np.where(rng.random(count) < 0.45, everybody + number, NOT_ONE), 2 * everybody + number], 1)
    device[:, 0] = np.where(is_family & (rng.random(count) < 0.7), number[head], device[:, 0])
    changes = rng.random(count) < 0.1
    new_device_at = np.where(changes, config.start + (rng.random(count) * config.days * DAY).astype(np.int64), config.end)
    travels = rng.random(count) < 0.06
    trip_start = config.start + (rng.random(count) * config.days * DAY).astype(np.int64)
    home = book.add(number, town, house=np.where(is_family, number[head], number), is_default=True)
    has_other = rng.random(count) < 0.28
    other = np.full(count, NOT_ONE)
    other_town = np.where(rng.random(count) < 0.5, town, rng.choice(len(places.TOWNS), count, p=places.WEIGHTS))
    other[has_other] = book.add(number[has_other], other_town[has_other], house=everybody + number[has_other], is_default=False)
    return People(
        first=cohort.start, town=town, signed_up_at=signed_up_at, cluster=cluster, second_cluster=second,
        style=rng.integers(0, STYLES, count), preferences=preferences, activity=rng.gamma(1.3, 1 / 1.3, count), device=device,
        new_device_at=new_device_at, home=home, other_address=other,
        trip_town=np.where(travels, rng.choice(places.ABROAD, count), NOT_ONE), trip_start=trip_start,
        trip_end=trip_start + rng.integers(4, 15, count) * DAY, host=rng.integers(0, 254 * 254, count), tastes=tastes,
    )  # fmt: skip


def truth_table(config: SimulationConfig, people: People) -> pl.DataFrame:
    """What was planted: cluster, style and preference over leaf categories of each honest customer."""
    return pl.DataFrame(
        {
            "customer_id": customer_ids(config, people.first + np.arange(len(people))),
            "taste_cluster": people.cluster,
            "second_cluster": people.second_cluster,
            "style": named(words.STYLE_NAMES, people.style),
            "preferences": pl.Series(people.preferences.round(6)).arr.to_list(),
        }
    )


def _signup_times(rng: np.random.Generator, config: SimulationConfig, count: int) -> np.ndarray:
    before = rng.random(count) < 0.65
    earlier = config.start - (rng.random(count) * 420 * DAY).astype(np.int64)
    during = config.start + (rng.random(count) * (config.days - 1) * DAY).astype(np.int64)
    return np.where(before, earlier, during) // 1000 * 1000


def _tastes(rng: np.random.Generator) -> Tastes:
    """Eight clusters, each in love with about five leaf categories."""
    leaves = rng.dirichlet(np.full(LEAF_COUNT, 0.16), CLUSTERS)
    colours = rng.dirichlet(np.full(len(COLOUR_NAMES), 0.8), CLUSTERS)
    return Tastes(leaves, colours, rng.normal(0, 0.35, CLUSTERS))


def _preferences(rng: np.random.Generator, tastes: Tastes, cluster: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Shares over leaf categories: mostly the first cluster's, some of a second's, a little of everything."""
    own = tastes.leaves[cluster] * rng.gamma(1.5, 1 / 1.5, (len(cluster), LEAF_COUNT)) + 1e-12
    mixed: np.ndarray = 0.72 * own / own.sum(1, keepdims=True) + 0.18 * tastes.leaves[second] + 0.10 / LEAF_COUNT
    mixed /= mixed.sum(1, keepdims=True)
    return mixed


def _families(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Who belongs to another's household, and to whose: honest people who share devices and doors."""
    is_member = rng.random(count) < 0.07
    is_member[0] = False
    heads = np.flatnonzero(~is_member)
    head = np.arange(count)
    head[is_member] = rng.choice(heads, is_member.sum())
    return is_member, head
