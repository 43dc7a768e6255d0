"""Customers: where they live, when they came, what they like, which devices and addresses they use.

Tastes are planted: eight clusters over the leaf categories, each with favourite colours and a price level, and four styles
across them. Only `truth/` says who belongs where.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places, words
from marketplace.simulation.catalog import LEAF_COUNT, instants
from marketplace.simulation.config import DAY, SimulationConfig
from marketplace.simulation.listings import COLOUR_NAMES

CLUSTERS = 8
STYLES = len(words.STYLE_NAMES)
NOT_ONE = -1

_FIRST = (
    "Rahim",
    "Karim",
    "Nusrat",
    "Farhana",
    "Tanvir",
    "Sadia",
    "Imran",
    "Mitu",
    "Rakib",
    "Sumaiya",
    "Arif",
    "Jannat",
    "Shakil",
    "Tasnim",
    "Hasan",
    "Ayesha",
    "Mahin",
    "Riya",
    "Sabbir",
    "Puja",
    "Anik",
    "Lamia",
    "Nayeem",
    "Shreya",
    "Fahim",
    "Maliha",
)
_LAST = (
    "Ahmed",
    "Hossain",
    "Islam",
    "Rahman",
    "Akter",
    "Chowdhury",
    "Khan",
    "Das",
    "Sarkar",
    "Begum",
    "Mia",
    "Roy",
    "Sultana",
    "Uddin",
    "Haque",
    "Barua",
    "Saha",
    "Talukder",
)
_FIRST_BN = ("রহিম", "করিম", "নুসরাত", "ফারহানা", "তানভীর", "সাদিয়া", "ইমরান", "মিতু", "রাকিব", "সুমাইয়া", "আরিফ", "জান্নাত", "শাকিল", "তাসনিম")
_LAST_BN = ("আহমেদ", "হোসেন", "ইসলাম", "রহমান", "আক্তার", "চৌধুরী", "খান", "দাস", "সরকার", "রায়", "সাহা")
_STREETS = ("Station Road", "College Road", "Mirpur Road", "Bazar Lane", "Lake Circus", "Green Road", "Court Road", "School Para")


@dataclass(frozen=True)
class Tastes:
    """What each cluster likes: shares over leaf categories and colours, and a level of prices (log)."""

    leaves: np.ndarray
    colours: np.ndarray
    price_level: np.ndarray


@dataclass(frozen=True)
class People:
    """Honest customers by number; addresses by number, homes first (`home[i]` of customer `i`).

    Attributes:
        device: three numbers per customer: main, second or `NOT_ONE`, and the one that replaces the main at `new_device_at`.
        trip: town, first and last instant of one journey abroad; town `NOT_ONE` for those who stay.
    """

    ids: np.ndarray
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
    card: np.ndarray
    host: np.ndarray
    tastes: Tastes

    def __len__(self) -> int:
        return len(self.ids)


def build_people(config: SimulationConfig) -> tuple[People, "AddressBook"]:
    """The honest customers and the addresses they ship to."""
    rng = config.rng("people")
    count = config.customers
    town = rng.choice(len(places.TOWNS), count, p=places.WEIGHTS)
    signed_up_at = _signup_times(rng, config, count)
    tastes = _tastes(rng)
    cluster, second = rng.integers(0, CLUSTERS, count), rng.integers(0, CLUSTERS, count)
    preferences = _preferences(rng, tastes, cluster, second)
    is_family, head = _families(rng, count)
    town = np.where(is_family, town[head], town)
    device = np.stack(
        [np.arange(count), np.where(rng.random(count) < 0.45, count + np.arange(count), NOT_ONE), 2 * count + np.arange(count)], 1
    )
    device[:, 0] = np.where(is_family & (rng.random(count) < 0.7), head, device[:, 0])
    changes = rng.random(count) < 0.1
    new_device_at = np.where(changes, config.start + (rng.random(count) * config.days * DAY).astype(np.int64), config.end)
    travels = rng.random(count) < 0.06
    trip_start = config.start + (rng.random(count) * config.days * DAY).astype(np.int64)
    book = AddressBook(config)
    home = book.add(np.arange(count), town, rng, house=np.where(is_family, head, np.arange(count)), is_default=True)
    second_home = rng.random(count) < 0.28
    other = np.full(count, NOT_ONE)
    other_town = np.where(rng.random(count) < 0.5, town, rng.choice(len(places.TOWNS), count, p=places.WEIGHTS))
    other[second_home] = book.add(
        np.flatnonzero(second_home), other_town[second_home], rng, house=count + np.flatnonzero(second_home), is_default=False
    )
    people = People(
        ids=customer_ids(config, np.arange(count)), town=town, signed_up_at=signed_up_at, cluster=cluster, second_cluster=second,
        style=rng.integers(0, STYLES, count), preferences=preferences, activity=rng.gamma(1.3, 1 / 1.3, count), device=device,
        new_device_at=new_device_at, home=home, other_address=other,
        trip_town=np.where(travels, rng.choice(places.ABROAD, count), NOT_ONE), trip_start=trip_start,
        trip_end=trip_start + rng.integers(4, 15, count) * DAY, card=np.arange(count), host=rng.integers(0, 254 * 254, count),
        tastes=tastes,
    )  # fmt: skip
    return people, book


def customer_ids(config: SimulationConfig, number: np.ndarray) -> np.ndarray:
    """Ids of customers by number; sellers' owners come before them in the same series."""
    return config.ids("u", config.sellers + np.asarray(number))


def users_table(config: SimulationConfig, number: np.ndarray, signed_up_at: np.ndarray) -> pl.DataFrame:
    """`shop.users` rows of customers; addresses at example.test, phones under a prefix that no network uses."""
    rng = config.rng(f"names-{len(number)}")
    count = len(number)
    is_bengali = rng.random(count) < 0.18
    latin = zip(rng.integers(0, len(_FIRST), count).tolist(), rng.integers(0, len(_LAST), count).tolist(), strict=True)
    bengali = zip(rng.integers(0, len(_FIRST_BN), count).tolist(), rng.integers(0, len(_LAST_BN), count).tolist(), strict=True)
    return pl.DataFrame(
        {
            "user_id": customer_ids(config, number).astype(str),
            "role": "customer",
            "email": [f"shopper{identity[1:]}@customers.example" for identity in customer_ids(config, number).tolist()],
            "phone": [f"+88010{value:08d}" for value in rng.integers(0, 10**8, count).tolist()],
            "full_name": [
                f"{_FIRST_BN[c]} {_LAST_BN[d]}" if bn else f"{_FIRST[a]} {_LAST[b]}"
                for bn, (a, b), (c, d) in zip(is_bengali.tolist(), latin, bengali, strict=True)
            ],
            "locale": np.where(is_bengali | (rng.random(count) < 0.2), "bn", "en"),
            "wants_personalisation": rng.random(count) > 0.03,
            "signed_up_at": instants(signed_up_at),
        }
    )


def truth_table(people: People) -> pl.DataFrame:
    """What was planted: cluster, style and preference over leaf categories of each honest customer."""
    return pl.DataFrame(
        {
            "customer_id": people.ids.astype(str),
            "taste_cluster": people.cluster,
            "second_cluster": people.second_cluster,
            "style": np.array(words.STYLE_NAMES)[people.style],
            "preferences": pl.Series(people.preferences.round(6).tolist(), dtype=pl.List(pl.Float64)),
        }
    )


class AddressBook:
    """Addresses in the order they were added; a number is a row."""

    def __init__(self, config: SimulationConfig) -> None:
        self._config = config
        self._parts: list[pl.DataFrame] = []
        self._town: list[np.ndarray] = []
        self._latitude: list[np.ndarray] = []
        self._hash: list[np.ndarray] = []
        self._count = 0

    def add(
        self, customer: np.ndarray, town: np.ndarray, rng: np.random.Generator, *, house: np.ndarray, is_default: bool
    ) -> np.ndarray:
        """Numbers of new addresses of `customer`s in `town`s; equal `house` numbers are one building, one `address_hash`."""
        count = len(customer)
        numbers = self._count + np.arange(count)
        streets, plots = house % len(_STREETS), house // len(_STREETS) + 1
        lines = [f"House {plot}, {_STREETS[street]}" for plot, street in zip(plots.tolist(), streets.tolist(), strict=True)]
        hashes = [
            hashlib.sha256(f"{line}|{name}".lower().encode()).hexdigest()[:32]
            for line, name in zip(lines, places.NAMES[town].tolist(), strict=True)
        ]
        near = (house.astype(np.uint64) * np.uint64(2654435761) & np.uint64(0xFFFFFFFF)).astype(np.float64) / 2**32 - 0.5
        self._parts.append(
            pl.DataFrame(
                {
                    "address_id": self._config.ids("a", numbers).astype(str),
                    "user_id": customer_ids(self._config, customer).astype(str),
                    "recipient_name": "Recipient",
                    "line_1": lines,
                    "city": places.NAMES[town],
                    "region": places.REGIONS[town],
                    "postcode": [f"{value:04d}" for value in (1000 + house % 8500).tolist()],
                    "country_code": places.COUNTRIES[town],
                    "latitude": places.LATITUDES[town] + near * 0.12,
                    "longitude": places.LONGITUDES[town] + np.roll(near, 1) * 0.12,
                    "address_hash": hashes,
                    "is_default": is_default,
                }
            )
        )
        self._town.append(town)
        self._hash.append(np.array(hashes, dtype=object))
        self._count += count
        return numbers

    def table(self, names: pl.DataFrame) -> pl.DataFrame:
        """`shop.addresses`, with recipients named as the users of `names`."""
        rows = pl.concat(self._parts).drop("recipient_name")
        named = rows.join(names.select("user_id", recipient_name="full_name"), on="user_id", how="left", maintain_order="left")
        return named

    @property
    def town(self) -> np.ndarray:
        return np.concatenate(self._town)

    @property
    def hashes(self) -> np.ndarray:
        return np.concatenate(self._hash)


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
