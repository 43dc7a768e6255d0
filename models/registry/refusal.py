"""Why a challenger did not become champion, kept where operators look."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.registry.rest import ModelVersion

REFUSAL_TAG = "last_refusal"
_LONGEST_REASON = 1000  # MLflow's column holds 5,000 characters of the whole entry


@dataclass(frozen=True)
class Refusal:
    """A challenger that was turned down; `version` is empty where it was not even registered."""

    at: datetime
    reason: str
    by: str
    run_id: str
    version: str
    training_cutoff: str

    @classmethod
    def of(cls, version: "ModelVersion", reason: str, *, by: str) -> "Refusal":
        """The refusal of a registered version, now."""
        cutoff = version.tags.get("training_cutoff", "")
        return cls(datetime.now(UTC), reason, by, version.run_id, version.version, cutoff)

    def to_json(self) -> str:
        """The value of the tag that keeps it."""
        values = {**asdict(self), "at": self.at.isoformat(timespec="seconds"), "reason": self.reason[:_LONGEST_REASON]}
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> "Refusal":
        """The refusal that `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "at": datetime.fromisoformat(values["at"])})
