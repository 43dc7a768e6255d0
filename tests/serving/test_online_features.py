"""A request never waits for, or fails with, the feature store."""

import asyncio
import time
from typing import Any

import pytest

from serving.online_features import OnlineFeatures


def test_values_come_by_name(monkeypatch):
    features = _features(monkeypatch, lambda entity: {"order_count_total": 3, **entity})

    assert features.read({"customer_id": "ayesha"}) == {"order_count_total": 3, "customer_id": "ayesha"}


def test_a_store_that_fails_is_left_alone_for_a_moment(monkeypatch):
    calls: list[Any] = []

    def fail(entity: Any) -> dict[str, Any]:
        calls.append(entity)
        raise ConnectionError("refused")

    features = _features(monkeypatch, fail, pause=0.2)

    assert features.read({}) is None
    assert features.read({}) is None
    assert len(calls) == 1
    time.sleep(0.25)
    assert features.read({}) is None
    assert len(calls) == 2


def test_a_store_that_hangs_costs_the_deadline_and_no_more(monkeypatch):
    features = _features(monkeypatch, lambda entity: time.sleep(0.5) or {}, deadline=0.05)

    started = time.perf_counter()
    assert features.read({}) is None
    assert time.perf_counter() - started < 0.3
    started = time.perf_counter()
    assert features.read({}) is None
    assert time.perf_counter() - started < 0.01


def test_a_store_that_comes_back_is_read_again(monkeypatch):
    answers = [ConnectionError("refused"), {"order_count_total": 3}]

    def answer(entity: Any) -> dict[str, Any]:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    features = _features(monkeypatch, answer, pause=0.05)

    assert features.read({}) is None
    time.sleep(0.1)
    assert features.read({}) == {"order_count_total": 3}


def test_while_the_first_connection_is_opened_requests_do_not_wait(monkeypatch):
    features = _features(monkeypatch, lambda entity: time.sleep(0.3) or {"warm": 1})
    features.warm({})
    time.sleep(0.05)

    started = time.perf_counter()
    assert features.read({}) is None
    assert time.perf_counter() - started < 0.01
    time.sleep(0.4)


async def test_several_are_read_at_once(monkeypatch):
    readings: list[list[str]] = []

    async def answer(entities: Any) -> list[dict[str, Any]]:
        readings.append([entity["customer_id"] for entity in entities])
        return [dict(entity) for entity in entities]

    features = OnlineFeatures("fraud_v1")
    monkeypatch.setattr(features, "_online_soon", answer)

    rows = await features.read_soon([{"customer_id": name} for name in "abc"])
    assert [row["customer_id"] for row in rows if row is not None] == list("abc")
    assert readings == [["a", "b", "c"]]


async def test_a_late_or_failing_reading_is_nothing_to_all_who_share_it(monkeypatch):
    async def hang(entities: Any) -> list[dict[str, Any]]:
        await asyncio.sleep(30)
        return []

    features = OnlineFeatures("fraud_v1", deadline=0.05, pause=0.1)
    monkeypatch.setattr(features, "_online_soon", hang)
    started = time.perf_counter()
    assert await features.read_soon([{}] * 5) == [None] * 5
    assert await features.read_soon([{}]) == [None]
    assert time.perf_counter() - started < 0.3

    async def fail(entities: Any) -> list[dict[str, Any]]:
        raise ConnectionError("refused")

    monkeypatch.setattr(features, "_online_soon", fail)
    await asyncio.sleep(0.15)
    assert await features.read_soon([{}]) == [None]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.online_features.log.warning", lambda *args, **kwargs: None)


def _features(monkeypatch: pytest.MonkeyPatch, online: Any, **options: float) -> OnlineFeatures:
    features = OnlineFeatures("fraud_v1", **options)
    monkeypatch.setattr(features, "_online", online)
    return features
