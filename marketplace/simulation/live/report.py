"""What living shoppers did and how the shop answered, as numbers to print."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Report:
    """Counts since the start; latencies in milliseconds, without waits between tries."""

    shoppers: int
    visits: int = 0
    requests: int = 0
    events: int = 0
    carts: int = 0
    orders: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    seconds: float = 0.0
    latencies: "array[float]" = field(default_factory=lambda: array("f"))

    def percentile(self, which: float) -> float:
        """The latency below which `which` percent of the answers came; 0 before the first."""
        return float(np.percentile(np.frombuffer(self.latencies, dtype=np.float32), which)) if self.latencies else 0.0

    def as_dict(self) -> dict[str, Any]:
        """The same for scripts."""
        return {
            "shoppers": self.shoppers,
            "visits": self.visits,
            "requests": self.requests,
            "events": self.events,
            "carts": self.carts,
            "orders": dict(self.orders),
            "refusals": dict(self.refusals),
            "errors": dict(self.errors),
            "retries": self.retries,
            "seconds": round(self.seconds, 1),
            "latency_p50_ms": round(self.percentile(50), 1),
            "latency_p95_ms": round(self.percentile(95), 1),
        }

    def line(self) -> str:
        """One line for progress."""
        orders, errors = sum(self.orders.values()), sum(self.errors.values())
        return (
            f"{self.visits:,} visits, {self.events:,} events, {self.carts:,} into carts, {orders:,} orders, {errors:,} errors, "
            f"p95 {self.percentile(95):.0f} ms"
        )
