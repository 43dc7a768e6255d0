"""The places of an attempt as a map without tiles: spots, and the legs between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from marketplace.distance import great_circle_km
from storefront_api.fraud_reviews.case_schemas import Place

_SAME_SPOT_KM = 1.0


@dataclass(frozen=True)
class Spot:
    """Where one or more of the places are."""

    places: list[Place]
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Leg:
    """The way between two spots, by their places in the list."""

    start: int
    end: int
    km: float


@dataclass(frozen=True)
class Map:
    """At least two spots, and a leg between each two of them."""

    spots: list[Spot]
    legs: list[Leg]


def map_of(places: Sequence[Place]) -> Map | None:
    """The map; None when fewer than two of the places lie apart, so that there is nothing to see."""
    spots: list[Spot] = []
    for place in places:
        if place.latitude is None or place.longitude is None:
            continue
        near = (spot for spot in spots if _km(spot, Spot([place], place.latitude, place.longitude)) < _SAME_SPOT_KM)
        if (spot := next(near, None)) is not None:
            spot.places.append(place)
        else:
            spots.append(Spot([place], place.latitude, place.longitude))
    if len(spots) < 2:
        return None
    return Map(spots, [Leg(one, two, _km(spots[one], spots[two])) for one, two in combinations(range(len(spots)), 2)])


def _km(one: Spot, two: Spot) -> float:
    return great_circle_km(one.latitude, one.longitude, two.latitude, two.longitude) or 0.0
