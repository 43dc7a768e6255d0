"""Who made which version the champion, when and why; a rollback goes one step back in it each time."""

import getpass
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

PREFIX = "champion."
_KEY_FORMAT = "%Y%m%dT%H%M%S.%f"
_LONGEST_REASON = 1000  # MLflow's column holds 5,000 characters of the whole entry


class Action(StrEnum):
    """How a version became champion."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class Move:
    """One change of champion: `version` took the place of `replaced`, empty where nothing served before."""

    action: Action
    version: str
    replaced: str
    at: datetime
    by: str
    reason: str

    def to_json(self) -> str:
        """The value of the tag that keeps this move."""
        return json.dumps({**asdict(self), "at": self.at.isoformat(), "reason": self.reason[:_LONGEST_REASON]})

    @classmethod
    def from_json(cls, text: str) -> "Move":
        """The move that `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "action": Action(values["action"]), "at": datetime.fromisoformat(values["at"])})


def moves_in(tags: Mapping[str, str]) -> list[Move]:
    """The moves among a registered model's tags, oldest first."""
    return [Move.from_json(tags[key]) for key in sorted(tags) if key.startswith(PREFIX)]


def next_key(tags: Mapping[str, str], now: datetime) -> str:
    """A tag's key that sorts behind all moves so far, even if the clock was set back."""
    latest = max((key for key in tags if key.startswith(PREFIX)), default="")
    key = PREFIX + now.astimezone(UTC).strftime(_KEY_FORMAT)
    if key > latest:
        return key
    after = datetime.strptime(latest.removeprefix(PREFIX), _KEY_FORMAT) + timedelta(microseconds=1)
    return PREFIX + after.strftime(_KEY_FORMAT)


def champions(moves: Sequence[Move], present: str) -> list[str]:
    """The versions that a rollback can return to, oldest first, and the present champion last.

    A promotion puts a version on top, a rollback takes the top away: two rollbacks go two steps back and never forth again.
    Somebody may also move the alias in MLflow's own pages; what was found in place then counts as promoted.
    """
    stack: list[str] = []

    def found_in_place(version: str) -> None:
        if version and stack[-1:] != [version]:
            stack.append(version)

    for move in moves:
        found_in_place(move.replaced)
        if move.action is Action.ROLLBACK and stack:
            stack.pop()
        found_in_place(move.version)
    found_in_place(present)
    return stack


def this_person() -> str:
    """The user and machine that act, for the audit trail."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = f"uid-{os.getuid()}"
    return f"{user}@{platform.node()}"
