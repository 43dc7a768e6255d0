"""What a piece of work took: CPU seconds of this process, and the most memory that it held meanwhile."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Cost:
    """Filled when the work is over; adding two gives the cost of doing one after the other."""

    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu_s + other.cpu_s, max(self.peak_mb, other.peak_mb))


@contextmanager
def measured() -> Iterator[Cost]:
    """The cost of what runs inside; memory is that of the whole process, its data included."""
    cost = Cost()
    _forget_peak()
    started = time.process_time()
    try:
        yield cost
    finally:
        cost.cpu_s = time.process_time() - started
        cost.peak_mb = peak_mb()


def peak_mb() -> float:
    """The most resident memory since `_forget_peak`, or since the start where the system keeps no such mark."""
    try:
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    except (OSError, StopIteration):
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _forget_peak() -> None:
    """Linux keeps the peak of resident memory until told to start again (man 5 proc, clear_refs, value 5)."""
    try:
        _REFERENCES.write_text("5")
    except OSError:
        return
