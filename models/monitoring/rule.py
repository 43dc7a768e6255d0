"""When drift is worth an alert: a strong effect at once, a moderate one when it stays."""

from collections.abc import Sequence
from enum import StrEnum

from models.monitoring.config import MonitoringConfig


class Level(StrEnum):
    """How much a column differs from its reference."""

    CALM = "calm"
    MODERATE = "moderate"
    STRONG = "strong"


def judge(levels: Sequence[Level], config: MonitoringConfig, *, windows: int = 1) -> Level | None:
    """What fires after these windows of one column, oldest first: strong, moderate, or nothing.

    One window with a strong effect is enough, since nothing but a change makes one. A moderate effect fires when the last
    `consecutive_windows` all show one: a festival passes, a new habit stays. So does one of as many windows taken together.

    Args:
        windows: of how many windows the newest level tells.
    """
    if not levels or levels[-1] is Level.CALM:
        return None
    if levels[-1] is Level.STRONG:
        return Level.STRONG
    if windows >= config.consecutive_windows:
        return Level.MODERATE
    last = levels[-config.consecutive_windows :]
    return Level.MODERATE if len(last) == config.consecutive_windows and Level.CALM not in last else None
