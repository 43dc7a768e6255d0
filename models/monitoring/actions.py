"""What an operator should look at first, in words, by the kind of change that was found."""

from collections.abc import Mapping
from typing import Any

from marketplace.vocabulary import Stream
from models.monitoring.live_actions import live_action
from models.monitoring.performance_actions import performance_action


def suggested_action(row: Mapping[str, Any]) -> str:
    """What to do about a drifting column.

    Args:
        row: one row of the table of drift with `model_name`, and with `stream` where that is not what the model reads.
    """
    if row.get("stream") in (Stream.ESTIMATES, Stream.REALISED):
        return performance_action(row)
    if row.get("stream", Stream.INPUTS) != Stream.INPUTS:
        return live_action(row)
    feature, model, measure = row["feature"], row["model_name"], row["measure"]
    if row["is_score"]:
        return (
            f"No single input explains it: compare the {model} model's live quality once labels arrive, and roll back to the"
            f" version before if it fell (marketplace models rollback {model})."
        )
    if measure == "nulls":
        more = (row["null_share"] or 0) > (row["reference_null_share"] or 0)
        what = "Find out why it is missing" if more else "Check that it is meant to be there"
        return (
            f"{feature} is missing in {row['null_share']:.1%} of rows, before in {row['reference_null_share']:.1%}. {what}: look"
            " at its source and at the last run of the step that fills it, then build the days again (marketplace run --day)."
        )
    if measure == "collapse":
        return (
            f"{feature} hardly varies any more ({row['distinct_count']} different values instead of about"
            f" {row['reference_distinct_count']}): look whether the step that computes it still runs, and materialise it again."
        )
    if measure == "unknown_ids":
        return (
            f"Most values of {feature} have never been seen before: look whether the way it is made (hash, key, client) has"
            f" changed. Until it is mended, counts by {feature} are blind; trust the rules more than the score."
        )
    if measure == "new_categories":
        new = ", ".join(f"{name} ({share:.0%})" for name, share in row["details"].get("new", []))
        return (
            f"{feature} has values that training never saw: {new or 'others'}. If they are real, train again"
            f" (marketplace run --only {model}); if not, mend their source."
        )
    return (
        f"Look at {feature} in its source: a changed unit, currency or customer mix moves it like this. If the change is real,"
        f" train again (marketplace run --only {model}) and compare with the champion."
    )
