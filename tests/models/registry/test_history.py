"""The way back, worked by hand."""

from datetime import UTC, datetime

import pytest

from models.registry.history import Action, Move, champions, moves_in, next_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def promote(version: str, replaced: str) -> Move:
    return Move(Action.PROMOTE, version, replaced, NOON, "ana", "")


def back(version: str, replaced: str) -> Move:
    return Move(Action.ROLLBACK, version, replaced, NOON, "ana", "")


@pytest.mark.parametrize(
    ("moves", "present", "expected"),
    [
        ([], "", []),
        ([], "4", ["4"]),  # set by hand before anything was written down
        ([promote("1", ""), promote("2", "1")], "2", ["1", "2"]),
        ([promote("1", ""), promote("2", "1"), back("1", "2")], "1", ["1"]),
        ([promote("1", ""), promote("2", "1"), back("1", "2"), promote("2", "1")], "2", ["1", "2"]),
        ([promote("1", ""), promote("3", "2")], "3", ["1", "2", "3"]),  # 2 was put there by hand
        ([promote("1", ""), back("1", "2")], "1", ["1"]),
        ([promote("1", ""), promote("2", "1")], "1", ["1", "2", "1"]),  # the alias was moved back by hand
    ],
)
def test_the_way_back(moves: list[Move], present: str, expected: list[str]) -> None:
    assert champions(moves, present) == expected


def test_a_move_comes_back_from_its_tag_and_moves_keep_their_order_when_the_clock_is_set_back() -> None:
    tags: dict[str, str] = {"owner": "nobody"}
    moves = [promote("1", ""), promote("2", "1"), promote("3", "2")]
    for move, at in zip(moves, (NOON, NOON, NOON.replace(year=2020)), strict=True):
        tags[next_key(tags, at)] = move.to_json()

    assert len(tags) == 4
    assert moves_in(tags) == moves


def test_a_novel_for_a_reason_is_cut_and_not_refused() -> None:
    move = Move(Action.PROMOTE, "1", "", NOON, "ana", "because " * 10_000)

    assert len(move.to_json()) < 5_000
    assert Move.from_json(move.to_json()).reason.startswith("because because")
