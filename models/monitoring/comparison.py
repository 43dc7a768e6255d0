"""One column of one window beside its reference: every effect size, and what each must exceed to mean something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.monitoring import effects
from models.monitoring.config import MonitoringConfig
from models.monitoring.features import Feature, Kind
from models.monitoring.profile import Cells, Profile, merged

_NEVER_SEEN = 0
_PASSED_OVER = 1
# A column that has one value in more rows than this hardly varied before either.
_NEARLY_CONSTANT = 0.9


@dataclass(frozen=True)
class Column:
    """A monitored column over all windows; `known` tells of an identifier how often it had been seen before."""

    feature: Feature
    cells: Cells
    parts: Sequence[Profile]
    known: Sequence[Profile] | None = None


@dataclass(frozen=True)
class Finding:
    """What one effect size says: `moderate` and `strong` are what it had to reach."""

    measure: str
    effect: float
    moderate: float
    strong: float

    @property
    def severity(self) -> float:
        """The effect in units of a strong one."""
        return self.effect / self.strong


def compare(column: Column, window: int, reference: Sequence[int], config: MonitoringConfig) -> list[Finding]:
    """Every effect size that applies, the most severe first.

    An effect must exceed three things: its bar, what chance gives samples of this size, and how far the reference's own
    windows lie from each other, because weeks differ without anything being wrong.
    """
    found = _effects(column, window, reference)
    chance = _chance(column, window, reference, config)
    natural = natural_effects(column, tuple(reference))
    findings = []
    for measure, effect in found.items():
        bar = config.bars[measure]
        least = max(chance[measure], natural.get(measure, 0.0) * config.natural_margin)
        findings.append(Finding(measure, effect, max(bar.moderate, least), max(bar.strong, least)))
    return sorted(findings, key=lambda finding: -finding.severity)


def natural_effects(column: Column, reference: tuple[int, ...]) -> Mapping[str, float]:
    """How far a window of the reference lies from the other ones, by measure: the largest but one.

    The largest of all may be a drift that has passed since; it must not hide the next one.
    """
    alone = [_effects(column, one, [other for other in reference if other != one]) for one in reference]
    place = min(_PASSED_OVER, len(alone) - 1)
    return {measure: sorted((found.get(measure, 0.0) for found in alone), reverse=True)[place] for measure in alone[0]}


def new_categories(column: Column, window: int, reference: Sequence[int]) -> list[tuple[str, float]]:
    """Categories of the window that the reference never had, with their share of rows, most frequent first."""
    past, now = merged([column.parts[one] for one in reference]).counts, column.parts[window].counts
    names = (*column.cells.names, "others")
    is_new = (past == _NEVER_SEEN) & (now > 0)
    found = [(names[place], float(now[place] / now.sum())) for place in np.flatnonzero(is_new)]
    return sorted(found, key=lambda pair: -pair[1])


def _effects(column: Column, window: int, reference: Sequence[int]) -> dict[str, float]:
    past, now = merged([column.parts[one] for one in reference]), column.parts[window]
    found = {"collapse": 0.0}
    if column.feature.is_rare:
        found["rate"] = effects.rate(1 - _null_share(past), 1 - _null_share(now))
    else:
        found["nulls"] = abs(_null_share(now) - _null_share(past))
    if not past.present or not now.present:
        return found
    top_past, top_now = past.top_count / past.present, now.top_count / now.present
    found["collapse"] = max(0.0, (top_now - top_past) / (1 - top_past)) if top_past < 1 else 0.0
    if column.feature.grows:
        return found
    if column.feature.kind is Kind.NUMBER:
        found["wasserstein"] = effects.wasserstein(past.counts, now.counts)
        found["psi"] = effects.psi(past.counts, now.counts)
    else:
        found["jensen_shannon"] = effects.jensen_shannon(past.counts, now.counts)
        found["new_categories"] = float(now.counts[past.counts == _NEVER_SEEN].sum() / now.present)
    if column.known is not None:
        known_past, known_now = merged([column.known[one] for one in reference]), column.known[window]
        found["unknown_ids"] = max(0.0, _first_share(known_past) - _first_share(known_now))
    return found


def _chance(column: Column, window: int, reference: Sequence[int], config: MonitoringConfig) -> dict[str, float]:
    past, now = merged([column.parts[one] for one in reference]), column.parts[window]
    rows, chance = (past.row_count, now.row_count), config.chance
    pooled = (past.null_count + now.null_count) / max(sum(rows), 1)
    said = {"nulls": effects.chance_of_share(pooled, *rows, chance=chance), "new_categories": 0.0}
    said["rate"] = effects.chance_of_rate(1 - pooled, *rows, chance=chance)
    top = past.top_count / past.present if past.present else 1.0
    # What nearly always has one value has it in every row of some window by chance.
    said["collapse"] = np.inf if top > _NEARLY_CONSTANT or top**now.present > chance else 0.0
    if past.present and now.present:
        used = int(((past.counts + now.counts) > 0).sum())
        said |= effects.chance_of_shape(used, past.present, now.present, chance=chance)
    if column.known is not None:
        known = merged([column.known[one] for one in (*reference, window)])
        said["unknown_ids"] = effects.chance_of_share(_first_share(known), *rows, chance=chance)
    return said


def _null_share(profile: Profile) -> float:
    return profile.null_count / profile.row_count if profile.row_count else 0.0


def _first_share(profile: Profile) -> float:
    return float(profile.counts[0] / profile.counts.sum()) if profile.counts.sum() else 0.0
