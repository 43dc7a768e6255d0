"""What is drawn and said of a case: links, map and travel, worked by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from marketplace.contracts.fraud import Velocity
from storefront_api.fraud_reviews.case_schemas import LinkedAccount, Place
from storefront_api.fraud_reviews.counters import CounterRow, counter_rows
from storefront_api.fraud_reviews.evidence import travel_since, velocity_in
from storefront_api.fraud_reviews.links import links_of
from storefront_api.fraud_reviews.map import map_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DHAKA, CHATTOGRAM = (23.8, 90.4), (22.36, 91.78)  # about 213 km apart


def account(name: str, **given: Any) -> LinkedAccount:
    shared = {"has_same_device": False, "has_same_card": False, "has_same_address": False, "has_same_connection": False,
              "fraud_count": 0}  # fmt: skip
    return LinkedAccount(customer_id=name, customer_name=name, signed_up_at=NOON, attempt_count=1, **(shared | given))


def place(name: str, at: tuple[float, float] | None) -> Place:
    return Place(name=name, country_code="BD", latitude=at and at[0], longitude=at and at[1])  # type: ignore[arg-type]


def test_links_go_from_the_customer_over_shared_things_to_the_others() -> None:
    links = links_of("Amina", [account("Bilal", has_same_device=True), account("Chitra", has_same_device=True,
                                                                              has_same_address=True, fraud_count=2)])  # fmt: skip
    assert links is not None
    assert [(node.name, node.x, node.y) for node in links.nodes] == [
        ("Amina", 0, 0.5), ("device", 1, 0.25), ("address", 1, 0.75), ("Bilal", 2, 0.25), ("Chitra", 2, 0.75),
    ]  # fmt: skip
    assert links.edges == [(0, 1), (0, 2), (1, 3), (1, 4), (2, 4)]
    assert [node.kind for node in links.nodes[3:]] == ["account", "fraudulent account"]
    assert links_of("Amina", []) is None


def test_places_at_one_spot_are_one_and_unknown_ones_are_left_out() -> None:
    drawn = map_of([place("ip", CHATTOGRAM), place("shipping", DHAKA), place("billing", DHAKA)])
    assert drawn is not None
    assert [[one.word for one in spot.places] for spot in drawn.spots] == [["network"], ["parcel", "card"]]
    assert [(leg.start, leg.end, round(leg.km)) for leg in drawn.legs] == [(0, 1, 213)]
    assert map_of([place("ip", None), place("shipping", DHAKA), place("billing", DHAKA)]) is None


@pytest.mark.parametrize(
    ("since", "speed", "is_impossible"), [(timedelta(hours=2), 106, False), (timedelta(minutes=6), 2128, True)]
)
def test_travel_is_the_way_since_the_last_attempt(since: timedelta, speed: int, is_impossible: bool) -> None:
    previous = {"attempted_at": NOON - since, "ip_latitude": DHAKA[0], "ip_longitude": DHAKA[1]}
    attempt = {"attempted_at": NOON, "ip_latitude": CHATTOGRAM[0], "ip_longitude": CHATTOGRAM[1]}
    travel = travel_since(attempt, previous)
    assert travel is not None
    assert travel.km_per_hour == pytest.approx(speed, rel=0.01)
    assert travel.is_impossible is is_impossible
    assert travel_since(attempt, None) is None
    assert travel_since(attempt | {"ip_latitude": None}, previous) is None


def test_counters_are_those_of_the_request_or_of_the_model_where_it_was_not_kept() -> None:
    features, request = {"card_attempts_1h": 2.0, "item_count": 1.0}, {"velocity": {"card_attempts_1h": 2, "card_attempts_6h": 5}}
    assert velocity_in({"inputs": {"request": request}, "features": features}) == {"card_attempts_1h": 2, "card_attempts_6h": 5}
    assert velocity_in({"inputs": {}, "features": features}) == {"card_attempts_1h": 2}


def test_counters_stand_by_window_and_what_never_happened_is_left_out() -> None:
    velocity = Velocity(device_attempts_7d=2, device_attempts_30d=3, device_amount_minor_30d=500).model_dump()
    attempts, money = counter_rows(velocity)
    assert attempts == CounterRow("Earlier attempts on this device", False, [0, 0, 0, 2, 3, None])
    assert money == CounterRow("Money tried on this device", True, [0, 0, 0, 0, 500, None])
    assert counter_rows(Velocity().model_dump()) == counter_rows({}) == []
