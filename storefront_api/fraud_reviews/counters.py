"""The velocity counters of a case as a table: what was counted, over how long; what never happened is left out."""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.fraud_rules.fields import COUNTED
from marketplace.velocity_counters import AMOUNT

# Windows in the order of the columns, with their headers.
COLUMNS = {"1h": "1 h", "6h": "6 h", "24h": "24 h", "7d": "7 days", "30d": "30 days", "90d": "90 days"}


@dataclass(frozen=True)
class CounterRow:
    """One thing that was counted; `values` per window of `COLUMNS`, None where checkout has no such counter."""

    title: str
    is_money: bool
    values: list[int | None]


def counter_rows(velocity: Mapping[str, int]) -> list[CounterRow]:
    """A row for each thing that was counted at least once in some window."""
    rows = []
    for subject, title in COUNTED.items():
        values = [velocity.get(f"{subject}_{window}") for window in COLUMNS]
        if any(values):
            rows.append(CounterRow(title[0].upper() + title[1:], subject.endswith(AMOUNT), values))
    return rows
