"""Seeded batches of events, most of them broken in one way, with what must become of each."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any


@dataclass(frozen=True)
class Item:
    """One element of a batch as raw JSON text; `event_id` is set when it must be kept."""

    text: str
    event_id: str | None


def fuzzed_batches(count: int, product_ids: list[str], *, seed: int, size: int = 250) -> list[list[Item]]:
    """`count` items in batches, about a third of them good; a good one may come twice in its batch."""
    rng = Random(seed)
    batches: list[list[Item]] = []
    number = 0
    while sum(map(len, batches)) < count:
        batch: list[Item] = []
        while len(batch) < min(size, count - sum(map(len, batches))):
            number += 1
            good = _good(rng, number, rng.choice(product_ids))
            if rng.random() < 0.35:
                item = Item(json.dumps(good, ensure_ascii=rng.random() < 0.5), str(good["event_id"]))
                batch += [item, item] if rng.random() < 0.1 else [item]
            else:
                batch.append(Item(rng.choice(_BREAKS)(rng, good), None))
        rng.shuffle(batch)
        batches.append(batch)
    return batches


def body_of(batch: list[Item]) -> bytes:
    """The request body."""
    return ('{"events": [' + ", ".join(item.text for item in batch) + "]}").encode("utf-8", "surrogatepass")


def broken_bodies(batch: list[Item], rng: Random) -> list[bytes]:
    """Bodies that are no batch at all: cut, garbled, or of another form."""
    body = body_of(batch)
    cut = rng.randrange(1, len(body) - 1)
    garbled = bytearray(body)
    garbled[rng.randrange(12)] = 0xFF
    return [body[:cut], bytes(garbled), b"[" + body + b"]", body[:-1] + b', "more": 1}', b"\x00" * 40, b'{"events": {}}', b"NaN"]


def _good(rng: Random, number: int, product_id: str) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=rng.randrange(7 * 86400))
    event: dict[str, Any] = {"event_id": f"fuzz-{number:07d}", "occurred_at": at.isoformat()}
    return event | rng.choice(
        [
            {"event_type": "product_view", "product_id": product_id},
            {"event_type": "cart_add", "product_id": product_id, "quantity": rng.randint(1, 999)},
            {
                "event_type": "search",
                "search_query": rng.choice(["\u202eمرحبا", "নকশি কাঁথা", "👩‍👩‍👧", "x" * 200, "'; drop table"]),
            },
            {"event_type": "page_view", "occurred_at": at.astimezone().isoformat()},
        ]
    )


def _with(**given: Any) -> Any:
    return lambda rng, good: json.dumps(good | given)


def _text(text: str) -> Any:
    return lambda rng, good: text


def _raw(name: str, text: str) -> Any:
    """A field whose value is written as it is, JSON or not quite."""
    return lambda rng, good: json.dumps(good | {name: "@@"}).replace('"@@"', text)


_BREAKS: list[Any] = [
    *(_raw("quantity", text) for text in ("NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, "-1", "0", "1.5", '"2"', "true")),
    *(_raw("quantity", text) for text in ("1e999999", "[" * 200 + "]" * 200, "{}", "9223372036854775808")),
    *(_raw("event_id", text) for text in ("null", "7", '""', '"a b c d e f"', '"\\u0000nul0000"', '"\\ud800surrogate"', "[]")),
    *(_with(occurred_at=at) for at in ("yesterday", 1_700_000_000, None, "", "0000-00-00T00:00:00Z", "99999-01-01T00:00:00Z")),
    *(_with(occurred_at=at) for at in ("1970-01-01T00:00:00Z", "2150-01-01T00:00:00Z", "2026-01-01T00:00:00", "１２:００")),
    lambda rng, good: json.dumps(
        good | {"occurred_at": (datetime.now(UTC) + timedelta(hours=1 + rng.randrange(999))).isoformat()}
    ),
    *(_with(event_type=kind) for kind in ("purchase", "explode", "", None, 7, ["product_view"], "PRODUCT_VIEW")),
    *(_with(event_type="product_view", product_id=key) for key in ("nothing", None, "", 7, {"a": 1}, "' or 1=1 --", "x" * 65)),
    *(_with(search_query=words) for words in ("a\0b", "\ud800", "\udfff\udfff", "x" * 201, "", "   ", 7, ["a"])),
    _with(search_query="y" * 20_000),
    _with(customer_id="u1"),
    _with(**{"\0": 1}),
    _with(**{"k" * 5000: 1}),
    lambda rng, good: json.dumps({name: value for name, value in good.items() if name != "occurred_at"}),
    lambda rng, good: json.dumps({name: value for name, value in good.items() if name != "event_id"}),
    *(_text(text) for text in ("null", "7", '"text"', "[]", "{}", "NaN", "true", '"\\ud800"', "-0")),
    lambda rng, good: "[" * 300 + json.dumps(good) + "]" * 300,
    lambda rng, good: json.dumps(good)[:-1] + f', "position": {rng.randint(1001, 10**12)}' + "}",
]
