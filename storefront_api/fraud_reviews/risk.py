"""Bands of the risk score as analysts speak of them; the bounds are those from which checkout reviews and refuses."""

from enum import StrEnum

# `models/fraud/decision.py` places them on the scale; the storefront does not load models, a test holds both together.
REVIEW_SCORE = 65
BLOCK_SCORE = 75


class RiskLevel(StrEnum):
    """How risky an attempt is: refused from `highest`, reviewed from `elevated`; `unscored` was decided by rules alone."""

    HIGHEST = "highest"
    ELEVATED = "elevated"
    NORMAL = "normal"
    UNSCORED = "unscored"


# Lowest and highest score of each band, both included; figures by band use the same.
BANDS: dict[RiskLevel, tuple[int, int]] = {
    RiskLevel.HIGHEST: (BLOCK_SCORE, 99),
    RiskLevel.ELEVATED: (REVIEW_SCORE, BLOCK_SCORE - 1),
    RiskLevel.NORMAL: (0, REVIEW_SCORE - 1),
}


def level_of(score: int | None) -> RiskLevel:
    """The band of a score."""
    if score is None:
        return RiskLevel.UNSCORED
    return next(level for level, (lowest, _) in BANDS.items() if score >= lowest)
