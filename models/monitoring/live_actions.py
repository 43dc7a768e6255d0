"""What an operator should look at first when live answers change, in words."""

from collections.abc import Mapping
from typing import Any

from marketplace.vocabulary import ModelName, Stream


def live_action(row: Mapping[str, Any]) -> str:
    """What to do about a drifting column of live decisions or shown shelves.

    Args:
        row: one row of `measure_drift` with `model_name` and `stream`.
    """
    feature, model, measure = row["feature"], row["model_name"], row["measure"]
    means = row["details"].get("missing_means")
    if measure == "rate":
        return (
            f"{_shares(row)} of shelves got no click. Look at what the pages show, and whether clicks still arrive (an event, a"
            f" link); if it began with a version, roll back (marketplace models history {model}).{by_version(row)}"
        )
    if measure == "nulls" and means:
        unit = "payments were" if row["stream"] == Stream.DECISIONS else "shelves were"
        after = " Held orders are scored again by themselves." if model == ModelName.FRAUD else ""
        return (
            f"{_shares(row)} of {unit} {means}: the {model} service was away or slower than its deadline. Look at marketplace"
            f" status and logs/services.log.{after}"
        )
    if feature == "shelf":
        return "The pages show other shelves than before. If nobody changed them or started an experiment, look at their service."
    return (
        f"{feature} is spread otherwise than in the windows before. If it began with a version, compare it and roll back"
        f" (marketplace models history {model}); if not, see whether what the model reads drifted too.{by_version(row)}"
    )


def _shares(row: Mapping[str, Any]) -> str:
    return f"{row['null_share'] or 0:.1%} (before {row['reference_null_share'] or 0:.1%})"


def by_version(row: Mapping[str, Any]) -> str:
    """How many rows each version answered, with the mean that is told of them; empty where it was one alone."""
    told = row["details"].get("versions") or []
    known = [(version, rows, mean) for version, rows, mean in told if mean is not None]  # rules alone give no score
    parts = [f"{'no version' if version is None else f'version {version}'} {mean:.3g} in {rows}" for version, rows, mean in known]
    return f" Mean {row['details'].get('versions_by')} by version: {', '.join(parts)}." if len(parts) > 1 else ""
