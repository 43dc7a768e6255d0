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
    if row["stream"] == Stream.ESTIMATES:
        return (
            f"By the {model} model's own probabilities {name} is {told['estimated']:.1%}, where mature weeks had"
            f" {told['reference']:.1%}: it tells fraud apart less well. See which input drifted; if it began with a version, roll"
            f" back (marketplace models history {model}); if not, train again (marketplace run --only {model}).{by_version(row)}"
        )
    digits = ".0f" if name == "frauds" else ".1%"
    realised, estimated, low, high = (f"{told[part]:{digits}}" for part in ("realised", "estimated", "low", "high"))
    what = f"{realised} frauds, where {estimated} were" if name == "frauds" else f"{name} of {realised}, where {estimated} was"
    over = f" over {told['windows']} weeks" if "windows" in told else ""
    side = "high" if told["realised"] < told["estimated"] else "low"
    return (
        f"Labels realised {what} estimated{over} ({low} to {high} by chance): unless labels stopped to arrive, the score is no"
        f" longer calibrated or fraud has changed, and estimates of younger weeks are too {side} as well. Look at the frauds that"
        f" were missed, and train again on the new labels (marketplace run --only {model}).{by_version(row)}"
    )
