"""Whether a model still sees the data it was trained on and does as well: effect sizes by window, and when to wake somebody.

Effect sizes and never p-values: with enough rows every difference is significant, and with eight rows none is.
"""

from models.monitoring.alerts import Alert, Known, alerts_of, continued
from models.monitoring.config import MonitoringConfig
from models.monitoring.drift import COLUMNS, measure_drift
from models.monitoring.features import Feature, Kind, known_before
from models.monitoring.performance import WindowScores, measure_estimates, measure_realised, scores_by_window
from models.monitoring.rule import Level, judge
from models.monitoring.windows import Window, complete_windows, window_length

__all__ = [
    "COLUMNS",
    "Alert",
    "Feature",
    "Kind",
    "Known",
    "Level",
    "MonitoringConfig",
    "Window",
    "WindowScores",
    "alerts_of",
    "complete_windows",
    "continued",
    "judge",
    "known_before",
    "measure_drift",
    "measure_estimates",
    "measure_realised",
    "scores_by_window",
    "window_length",
]
