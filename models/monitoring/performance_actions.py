"""What an operator should look at first when a model does worse than before, or than it estimates, in words."""

from collections.abc import Mapping
from typing import Any

from marketplace.vocabulary import Stream
from models.monitoring.live_actions import by_version


def performance_action(row: Mapping[str, Any]) -> str:
    """What to do about a figure that lies below its reference, or below its estimate.

    Args:
        row: one row of `measure_estimates` or `measure_realised` with `model_name` and `stream`.
    """
    name, model, told = row["feature"].replace("_", " "), row["model_name"], row["details"]
    estimated = f"{told['estimated']:.1%}"
    if row["stream"] == Stream.ESTIMATES:
        return (
            f"By the {model} model's own probabilities {name} is {estimated}, where mature weeks had {told['reference']:.1%}: it"
            f" tells fraud apart less well. See which input drifted; if it began with a version, roll back (marketplace models"
            f" history {model}); if not, train again (marketplace run --only {model}).{by_version(row)}"
        )
    return (
        f"Labels realised {name} of {told['realised']:.1%}, where {estimated} was estimated ({told['low']:.1%} to"
        f" {told['high']:.1%} by chance): the score is no longer calibrated or fraud has changed, and estimates of younger weeks"
        f" are too high as well. Look at the frauds that were missed, and train again on the new labels (marketplace run --only"
        f" {model}).{by_version(row)}"
    )
