"""Rings by hand, and a crowd's rings of every midnight found again by walking from customer to customer."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.fraud.rings import IDENTIFIERS, MOST_CUSTOMERS, RING_COLUMNS, WINDOW_DAYS, ring_history

LAST = 400


def attempts_of(*rows: tuple[int, str, str | None, str | None, str | None]) -> pd.DataFrame:
    """Attempts as (day, customer, device, card, address)."""
    return pd.DataFrame(rows, columns=["day", "customer_id", *IDENTIFIERS])


def labels_of(*rows: tuple[str, int, int, int]) -> pd.DataFrame:
    """Changes of what is known, as (customer, day of the attempt, day from which it is known, change)."""
    return pd.DataFrame(rows, columns=["customer_id", "day", "known_day", "change"])


NO_LABELS = labels_of().astype({"day": int, "known_day": int, "change": int})


def said(attempts: pd.DataFrame, labels: pd.DataFrame = NO_LABELS, *, key: str = "customer_id", name: str = "a") -> list[Any]:
    """Every row of one entity as (midnight, customers, frauds)."""
    table = ring_history(attempts, labels, first=1, last=LAST)[key]
    found = table[table[key] == name][["known_day", *RING_COLUMNS[key]]]
    return [tuple(row) for row in found.to_numpy().tolist()]


def test_customers_hang_together_through_each_other_from_the_next_midnight_on() -> None:
    attempts = attempts_of(
        (10, "a", "phone", "visa", None),
        (12, "b", "phone", "master", None),
        (15, "c", None, "master", "home"),
        (15, "d", None, None, None),
    )
    assert said(attempts) == [(11, 1, 0), (13, 2, 0), (16, 3, 0), (101, 0, 0)]
    assert said(attempts, name="b") == [(13, 2, 0), (16, 3, 0), (101, 2, 0), (103, 0, 0)]
    assert said(attempts, name="d") == [(16, 1, 0), (106, 0, 0)]
    assert said(attempts, key="device_id", name="phone") == [(11, 1, 0), (13, 2, 0), (16, 3, 0), (101, 2, 0), (103, 0, 0)]


def test_an_identifier_of_too_many_customers_links_nobody_until_some_have_left() -> None:
    few = [(1, f"c{number}", "library", None, None) for number in range(MOST_CUSTOMERS)]
    assert said(attempts_of(*few), name="c0")[0] == (2, MOST_CUSTOMERS, 0)
    many = attempts_of(*few, (5, "a", "library", None, None), (5, "b", "own", None, None), (5, "a", "own", None, None))
    assert said(many, name="c0") == [(2, MOST_CUSTOMERS, 0), (6, 1, 0), (2 + WINDOW_DAYS, 0, 0)]
    assert said(many) == [(6, 2, 0), (6 + WINDOW_DAYS, 0, 0)]
    library = [(2, 10, 0), (6, 0, 0), (2 + WINDOW_DAYS, 2, 0), (6 + WINDOW_DAYS, 0, 0)]
    assert said(many, key="device_id", name="library") == library


def test_a_fraud_counts_for_its_whole_ring_from_when_it_is_known_until_it_is_taken_back_or_leaves() -> None:
    attempts = attempts_of((1, "a", "phone", None, None), (1, "b", "phone", None, None), (2, "b", "phone", None, None))
    late = labels_of(("b", 1, 40, 1), ("b", 2, 45, 1), ("b", 2, 60, -1))
    assert said(attempts, late) == [(2, 2, 0), (40, 2, 1), (45, 2, 2), (60, 2, 1), (92, 0, 0)]
    assert said(attempts, late, name="b")[-2:] == [(92, 1, 0), (93, 0, 0)]
    assert said(attempts, labels_of(("b", 1, 92, 1))) == said(attempts), "known when the attempt has left"


def test_one_late_attempt_merges_two_rings_from_its_own_day_on() -> None:
    seen = ((1, "a", "phone"), (1, "b", "phone"), (1, "c", "tablet"), (3, "d", "tablet"))
    two = [(day, customer, device, None, None) for day, customer, device in seen]
    assert said(attempts_of(*two)) == [(2, 2, 0), (92, 0, 0)]
    merged = attempts_of(*two, (7, "d", "phone", None, None))
    assert said(merged, labels_of(("c", 1, 20, 1))) == [(2, 2, 0), (8, 4, 0), (20, 4, 1), (92, 0, 0)]


def test_nobody_and_no_identifier_is_no_ring() -> None:
    history = ring_history(attempts_of().astype({"day": int}), NO_LABELS, first=0, last=LAST)
    assert {key: len(table) for key, table in history.items()} == {"customer_id": 0, "device_id": 0}
    assert said(attempts_of((1, "a", None, None, None))) == [(2, 1, 0), (92, 0, 0)]


@pytest.fixture(scope="module")
def crowd() -> tuple[pd.DataFrame, pd.DataFrame]:
    """300 attempts of 60 customers in 200 days, one device a hub, a fifth known as fraud sooner or later."""
    rng = np.random.default_rng(4)
    size = 300
    names = {name: np.char.add(name, rng.integers(0, count, size).astype(str)).astype(object) for name, count in
             (("customer_id", 60), ("device_id", 70), ("card_token", 90), ("shipping_address_hash", 120))}  # fmt: skip
    attempts = pd.DataFrame({"day": rng.integers(0, 200, size), **names})
    attempts.loc[rng.random(size) < 0.1, "device_id"] = "hub"
    attempts.loc[rng.random(size) < 0.2, "card_token"] = None
    labels = attempts[rng.random(size) < 0.2][["customer_id", "day"]].assign(change=1)
    labels["known_day"] = labels["day"] + 1 + rng.integers(0, 120, len(labels))
    back = labels.sample(frac=0.2, random_state=1).assign(change=-1)
    return attempts, pd.concat([labels, back.assign(known_day=back["known_day"] + 9)])


def walked(attempts: pd.DataFrame, labels: pd.DataFrame, day: int) -> dict[str, dict[str, tuple[int, int]]]:
    """Customers and frauds of every ring with anybody in it at one midnight, by walking its links."""
    seen = attempts[(attempts["day"] < day) & (attempts["day"] >= day - WINDOW_DAYS)]
    pairs = {(row.customer_id, kind, getattr(row, kind)) for row in seen.itertuples() for kind in IDENTIFIERS}
    by_thing: dict[tuple[str, str], set[str]] = {}
    for customer, kind, value in pairs:
        if value is not None:
            by_thing.setdefault((kind, value), set()).add(customer)
    linking = {thing: customers for thing, customers in by_thing.items() if len(customers) <= MOST_CUSTOMERS}
    known = labels[(labels["known_day"] <= day) & (labels["day"] >= day - WINDOW_DAYS)].groupby("customer_id")["change"].sum()
    found: dict[str, dict[str, tuple[int, int]]] = {"customer_id": {}, "device_id": {}}
    for customer in set(seen["customer_id"]):
        ring, waiting = {customer}, [customer]
        while waiting:
            one = waiting.pop()
            more = set().union(*(people for people in linking.values() if one in people)) - ring
            ring |= more
            waiting += more
        found["customer_id"][customer] = (len(ring), int(sum(known.get(one, 0) for one in ring)))
    for (kind, value), customers in linking.items():
        if kind == "device_id":
            found["device_id"][value] = found["customer_id"][next(iter(customers))]
    return found


def as_of(history: dict[str, pd.DataFrame], day: int) -> dict[str, dict[str, tuple[int, int]]]:
    """The latest values of every entity at a midnight, without those that are in no ring."""
    known = {key: table[table["known_day"] <= day].sort_values("known_day") for key, table in history.items()}
    newest = {key: table.groupby(key).last() for key, table in known.items()}
    return {
        key: {name: (row[0], row[1]) for name, *row in table[list(RING_COLUMNS[key])].itertuples() if row[0]}
        for key, table in newest.items()
    }


def test_every_midnight_of_a_crowd_is_as_walked_and_no_row_says_what_the_one_before_said(
    crowd: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    history = ring_history(*crowd, first=0, last=LAST)
    for day in range(0, 300, 7):
        assert as_of(history, day) == walked(*crowd, day), day
    for key, table in history.items():
        values = table.sort_values([key, "known_day"])
        repeats = values.groupby(key)[list(RING_COLUMNS[key])].shift().eq(values[list(RING_COLUMNS[key])]).all(axis=1)
        assert not repeats.any()


@pytest.mark.parametrize("day", [60, 130, 199])
def test_the_future_changes_nothing_of_the_past(crowd: tuple[pd.DataFrame, pd.DataFrame], day: int) -> None:
    attempts, labels = crowd
    known = rows(ring_history(attempts, labels, first=0, last=day))
    rng = np.random.default_rng(day)
    later = attempts["day"] >= day
    shuffled = attempts.copy()
    for name in ("customer_id", *IDENTIFIERS):
        shuffled.loc[later, name] = rng.permutation(shuffled.loc[later, name].to_numpy())
    told_later = labels["known_day"] > day
    others = labels.assign(change=labels["change"].where(~told_later, -3 * labels["change"]))
    for other in ((shuffled, labels), (attempts[~later], labels), (attempts, others), (attempts, labels[~told_later])):
        assert rows(ring_history(*other, first=0, last=day)) == known


@pytest.mark.parametrize("day", [1, 95, 150, 260])
def test_days_counted_again_are_those_of_the_whole_history(crowd: tuple[pd.DataFrame, pd.DataFrame], day: int) -> None:
    attempts, labels = crowd
    lately = attempts[attempts["day"] >= day - 1 - WINDOW_DAYS]
    of_lately = labels[labels["day"] >= day - 1 - WINDOW_DAYS]
    whole = rows(ring_history(attempts, labels, first=0, last=LAST))
    assert rows(ring_history(lately.sample(frac=1, random_state=2), of_lately, first=day, last=LAST)) == [
        row for row in whole if row[1] >= day
    ]


def rows(history: dict[str, pd.DataFrame]) -> list[tuple[Any, ...]]:
    """All rows of both tables, in order."""

    def of_table(table: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
        return table.itertuples(index=False, name=None)

    return sorted(row for table in history.values() for row in of_table(table))
